// Engine.IO v4 as EDGE_FIXTURE.md tells it: the raw echo at /engine.io/.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { closesAtOnce } from './lib/close.mjs';
import { Server } from './lib/server.mjs';
import { Frames, RS, post, refusedUpgrade, request } from './lib/talk.mjs';

let server; // the one in use
let base;
let wsBase;

function use(...args) {
  before(async () => {
    server = await Server.start(...args);
    base = `${server.url}/engine.io/?EIO=4&transport=polling`;
    wsBase = `${server.ws}/engine.io/?EIO=4&transport=websocket`;
  });
  after(() => server.stop());
}
const useQuick = () => use(); // the fixture's own 300 + 200 ms
// Where no heartbeat ends anything: what ends, ends by what was sent.
const useCalm = () => {
  after(async () => assert.equal((await server.counters()).ping_timeouts, 0));
  use('--ping-interval', '20000', '--ping-timeout', '20000');
};

async function polling() {
  const { body } = await request(base);
  return `${base}&sid=${JSON.parse(body.slice(1)).sid}`;
}

const sidOf = (url) => new URL(url).searchParams.get('sid');
const asWs = (url) => `${wsBase}&sid=${sidOf(url)}`;

async function websocket() {
  const frames = new Frames(wsBase);
  assert.match(await frames.text(), /^0/);
  return frames;
}

// A GET that waits.  A POST is taken after what came before it, so that its answer says that the GET is held.
async function hold(url) {
  const req = http.get(url, { agent: false });
  const answer = new Promise((resolve, reject) => {
    req.on('error', reject);
    req.on('response', async (res) => {
      let body = '';
      for await (const chunk of res) body += chunk;
      resolve({ status: res.statusCode, body });
    });
  });
  answer.catch(() => {});
  await once(req, 'finish');
  assert.equal((await post(url, '6')).body, 'ok');
  return { answer, leave: () => req.destroy() };
}

async function gone(url) {
  const { status, body } = await request(url);
  assert.equal(status, 400);
  assert.deepEqual(JSON.parse(body), { code: 1, message: 'Session ID unknown' });
}

describe('handshake', () => {
  useQuick();

  test('polling', async () => {
    const { status, headers, body } = await request(base);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(body[0], '0');
    const { sid, ...rest } = JSON.parse(body.slice(1));
    assert.match(sid, /^[\w-]+\.[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
  });

  test('websocket', async () => {
    const frames = new Frames(wsBase);
    const { sid, ...rest } = JSON.parse((await frames.text()).slice(1));
    assert.ok(sid);
    assert.deepEqual(rest, { upgrades: [], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
    await frames.close();
  });

  test('the query may stand in any order and hold more', async () => {
    const { status } = await request(`${server.url}/engine.io/?t=abc&b64=1&transport=%70olling&x=%26&EIO=%34`);
    assert.equal(status, 200);
  });
});

describe('what is refused, in order', () => {
  useCalm();

  const path = () => `${server.url}/engine.io/`;
  const cases = [
    ['no transport', 'GET', '?EIO=4', 0, 'Transport unknown'],
    ['unknown transport', 'GET', '?EIO=4&transport=abc', 0, 'Transport unknown'],
    ['unknown sid', 'GET', '?EIO=4&transport=polling&sid=zzz', 1, 'Session ID unknown'],
    ['unknown sid by POST', 'POST', '?EIO=4&transport=polling&sid=zzz', 1, 'Session ID unknown'],
    ['POST without sid', 'POST', '?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['PUT without sid', 'PUT', '?EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['websocket without upgrade', 'GET', '?EIO=4&transport=websocket', 3, 'Bad request'],
    ['no version', 'GET', '?transport=polling', 5, 'Unsupported protocol version'],
    ['version 3', 'GET', '?EIO=3&transport=polling', 5, 'Unsupported protocol version'],
    ['version abc', 'GET', '?EIO=abc&transport=polling', 5, 'Unsupported protocol version'],
    ['transport before version', 'GET', '?EIO=abc&transport=abc', 0, 'Transport unknown'],
  ];
  for (const [name, method, query, code, message] of cases) {
    test(name, async () => {
      const body = method === 'GET' ? undefined : '4x';
      const headers = body ? { 'Content-Length': body.length } : {};
      const answer = await request(path() + query, { method, body, headers });
      assert.equal(answer.status, 400);
      assert.equal(answer.headers['content-type'], 'application/json');
      assert.equal(answer.body, JSON.stringify({ code, message }));
    });
  }

  test('another transport than the session has', async () => {
    const frames = new Frames(wsBase);
    const { sid } = JSON.parse((await frames.text()).slice(1));
    for (const transport of ['polling', 'websocket']) {
      const { status, body } = await request(`${path()}?EIO=4&transport=${transport}&sid=${sid}`);
      assert.equal(status, 400);
      assert.equal(JSON.parse(body).code, 3);
    }
    frames.send('4still here');
    assert.equal(await frames.message(), '4still here');
    await frames.close();
  });

  test('another method on a session', async () => {
    const url = await polling();
    const { status } = await request(url, { method: 'DELETE' });
    assert.ok(status >= 400);
    assert.equal((await post(url, '4x')).status, 200);
  });

  test('upgrades', async () => {
    const ws = `${server.ws}/engine.io/`;
    assert.equal(await refusedUpgrade(`${ws}?EIO=4&transport=abc`), 400);
    assert.equal(await refusedUpgrade(`${ws}?EIO=4`), 400);
    assert.equal(await refusedUpgrade(`${ws}?EIO=4&transport=websocket&sid=zzz`), 400);
    assert.equal(await refusedUpgrade(`${ws}?transport=websocket`), 400);
    assert.equal(await refusedUpgrade(`${ws}?EIO=3&transport=websocket`), 400);
    assert.equal(await refusedUpgrade(`${server.ws}/nowhere/?EIO=4&transport=websocket`), 400);
  });
});

describe('messages', () => {
  useCalm();

  test('by websocket', async () => {
    const frames = await websocket();
    frames.send('4hello', '4', Buffer.from([1, 2, 3, 4]), '4€');
    assert.equal(await frames.message(), '4hello');
    assert.equal(await frames.message(), '4');
    assert.deepEqual(await frames.message(), Buffer.from([1, 2, 3, 4]));
    assert.equal(await frames.message(), '4€');
    await frames.close();
  });

  test('by polling: one GET takes all that is queued, in order', async () => {
    const url = await polling();
    const answer = await post(url, ['4test1', '4test2', '4test3'].join(RS));
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.body], [200, 'text/html', 'ok']);
    assert.equal((await request(url)).body, ['4test1', '4test2', '4test3'].join(RS));
  });

  test('by polling: binary', async () => {
    const url = await polling();
    await post(url, ['4hello', 'bAQIDBA=='].join(RS));
    assert.equal((await request(url)).body, ['4hello', 'bAQIDBA=='].join(RS));
  });

  test('a held GET answers when there is something', async () => {
    const url = await polling();
    const held = request(url);
    await post(url, '4first');
    assert.equal((await held).body, '4first');
    await post(url, '4second');
    assert.equal((await request(url)).body, '4second');
  });

  test('of 900 KB', async () => {
    const url = await polling();
    const text = '4' + 'ä'.repeat(450000);
    assert.equal((await post(url, text)).body, 'ok');
    assert.equal((await request(url)).body, text);
    const frames = await websocket();
    frames.send(text, Buffer.alloc(900000, 7));
    assert.equal(await frames.message(), text);
    assert.deepEqual(await frames.message(), Buffer.alloc(900000, 7));
    await frames.close();
  });

  test('of just the size that is allowed', async () => {
    const text = '4' + 'x'.repeat(999999);
    const url = await polling();
    assert.equal((await post(url, text)).body, 'ok');
    assert.equal((await request(url)).body, text);
    const frames = await websocket();
    frames.send(text, Buffer.alloc(1000000, 7));
    assert.equal(await frames.message(), text);
    assert.deepEqual(await frames.message(), Buffer.alloc(1000000, 7));
    await frames.close();
  });

  test('in pieces: fragments of one message', async () => {
    const frames = await websocket();
    frames.ws.send('4one ', { fin: false });
    frames.ws.send('message', { fin: true });
    assert.equal(await frames.message(), '4one message');
    await frames.close();
  });
});

describe('bad packets', () => {
  useCalm();

  for (const bad of ['abc', '9', '2', '', 'b===', 'bA', `4ok${RS}`]) {
    test(`by polling: ${JSON.stringify(bad)}`, async () => {
      const url = await polling();
      assert.equal((await post(url, bad)).status, 400);
      await gone(url);
    });
  }

  test('invalid UTF-8 by polling', async () => {
    const url = await polling();
    assert.equal((await post(url, Buffer.from([0x34, 0xff, 0xfe]))).status, 400);
    await gone(url);
  });

  for (const bad of ['abc', '9', '2', '']) {
    test(`by websocket: ${JSON.stringify(bad)}`, async () => {
      const frames = await websocket();
      await closesAtOnce(server, frames, () => frames.send(bad));
    });
  }

  test('invalid UTF-8 by websocket', async () => {
    const frames = await websocket();
    frames.ws.send(Buffer.from([0x34, 0xff, 0xfe]), { binary: false });
    assert.equal(await frames.closed, 1007);
  });

  test('larger than allowed, by websocket', async () => {
    const frames = await websocket();
    frames.send('4' + 'x'.repeat(1000000));
    assert.equal(await frames.closed, 1009);
  });

  test('the others go on', async () => {
    const good = await websocket();
    const bad = await websocket();
    bad.send('abc');
    await bad.closed;
    good.send('4fine');
    assert.equal(await good.message(), '4fine');
    await good.close();
  });
});

describe('polling rules', () => {
  useCalm();

  test('a second GET ends the session', async () => {
    const url = await polling();
    const held = await hold(url);
    assert.equal((await request(url)).status, 400);
    const { status, body } = await held.answer;
    assert.deepEqual([status, body], [200, '1']);
    await gone(url);
  });

  test('a GET whose client leaves ends the session', async () => {
    const url = await polling();
    const { connections } = await server.counters();
    const held = await hold(url);
    held.leave();
    await server.until((counters) => counters.connections <= connections);
    await gone(url);
  });

  test('a second POST while one is read ends the session', async () => {
    const url = await polling();
    const slow = http.request(url, { method: 'POST', agent: false, headers: { 'Content-Length': 10 } });
    const answered = new Promise((resolve) => {
      slow.on('response', (res) => resolve(res.resume().statusCode));
      slow.on('error', () => resolve('dropped'));
    });
    await new Promise((resolve) => slow.write('4', resolve));
    const second = await post(url, '4x');
    slow.end('123456789');
    assert.equal(second.status, 400);
    assert.ok([400, 'dropped'].includes(await answered));
    await gone(url);
  });

  test('a body larger than allowed is answered 413 and the session stays', async () => {
    const url = await polling();
    assert.equal((await post(url, '4' + 'x'.repeat(1000000))).status, 413);
    assert.equal((await post(url, '4x')).status, 200);
  });

  test('octet-stream ends the session', async () => {
    const url = await polling();
    const { status } = await post(url, '4x', { 'Content-Type': 'application/octet-stream' });
    assert.equal(status, 400);
    await gone(url);
  });

  test('a close packet answers the held GET with noop', async () => {
    const url = await polling();
    const [get, close] = await Promise.all([request(url), post(url, '1')]);
    assert.deepEqual([get.status, get.body], [200, '6']);
    assert.deepEqual([close.status, close.body], [200, 'ok']);
    await gone(url);
  });

  test('GET and close, seen in the order in which they were sent, many times', async () => {
    const sockets = [net.connect(server.port, '127.0.0.1'), net.connect(server.port, '127.0.0.1')];
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const path = (url) => url.slice(server.url.length);
    for (let i = 0; i < 50; i++) {
      const url = await polling();
      sockets[0].write(`GET ${path(url)} HTTP/1.1\r\nHost: x\r\n\r\n`);
      sockets[1].write(`POST ${path(url)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1`);
      const answers = await Promise.all(sockets.map((socket) => once(socket, 'data')));
      const bodies = answers.map(([data]) => data.toString().split('\r\n\r\n')[1]);
      assert.deepEqual(bodies, ['6', 'ok']);
    }
    for (const socket of sockets) socket.destroy();
  });

  test('a close packet without a GET', async () => {
    const url = await polling();
    assert.equal((await post(url, '1')).body, 'ok');
    await gone(url);
  });
});

describe('heartbeat', () => {
  useQuick();

  test('by websocket: ping, pong, ping', async () => {
    const frames = await websocket();
    for (let i = 0; i < 3; i++) {
      assert.equal(await frames.text(), '2');
      frames.send('3');
    }
    await frames.close();
  });

  test('by websocket: no pong', async () => {
    const frames = await websocket();
    const timer = setInterval(() => frames.send('4noise'), 50);
    while ((await frames.next()) !== null);
    clearInterval(timer);
  });

  test('by polling: a held GET is a ping', async () => {
    const url = await polling();
    for (let i = 0; i < 3; i++) {
      assert.equal((await request(url)).body, '2');
      assert.equal((await post(url, '3')).body, 'ok');
    }
  });

  test('goes on over the upgrade, a ping that polling left unanswered forgiven', async () => {
    const url = await polling();
    const frames = new Frames(asWs(url));
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    while ((await request(url)).body !== '2');
    frames.send('5');
    for (let i = 0; i < 2; i++) {
      assert.equal(await frames.text(), '2');
      frames.send('3');
    }
    await frames.close();
  });

  test('by polling: gone exactly at interval + timeout', async () => {
    for (let i = 0; i < 5; i++) {
      const url = await polling();
      await delay(500);
      await gone(url);
    }
  });
});

describe('upgrade', () => {
  useCalm();

  test('probe, noop, upgrade; what is queued comes first', async () => {
    const url = await polling();
    const held = request(url);
    const frames = new Frames(asWs(url));
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    assert.equal((await held).body, '6');
    assert.equal((await request(url)).body, '6');
    await post(url, '4queued');
    assert.equal((await request(url)).body, '4queued');
    await post(url, ['4a', 'bAQI='].join(RS));
    frames.send('5', '4b');
    assert.equal(await frames.message(), '4a');
    assert.deepEqual(await frames.message(), Buffer.from([1, 2]));
    assert.equal(await frames.message(), '4b');
    const { status, body } = await request(url);
    assert.deepEqual([status, JSON.parse(body).code], [400, 3]);
    assert.equal((await post(url, '4x')).status, 400);
    await frames.close();
  });

  test('an upgraded session takes no other', async () => {
    const url = await polling();
    const frames = new Frames(asWs(url));
    await frames.opened;
    frames.send('2probe');
    await frames.text();
    const early = new Frames(asWs(url));
    await early.opened;
    await early.closed;
    frames.send('5');
    frames.send('4x');
    assert.equal(await frames.message(), '4x');
    const late = new Frames(asWs(url));
    await late.opened;
    await late.closed;
    frames.send('4y');
    assert.equal(await frames.message(), '4y');
    await frames.close();
  });

  test('a probe that leaves, or says something else, changes nothing', async () => {
    const url = await polling();
    const leaves = new Frames(asWs(url));
    await leaves.opened;
    leaves.send('2probe');
    await leaves.text();
    await leaves.close();
    const talks = new Frames(asWs(url));
    await talks.opened;
    await closesAtOnce(server, talks, () => talks.send('4x'));
    await post(url, '4polling goes on');
    assert.match((await request(url)).body, /4polling goes on/);
  });

  test('a probe that says nothing is dropped', async () => {
    const patient = await Server.start('--upgrade-timeout', '50', '--ping-interval', '20000');
    const { body } = await request(`${patient.url}/engine.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(body.slice(1));
    const frames = new Frames(`${patient.ws}/engine.io/?EIO=4&transport=websocket&sid=${sid}`);
    assert.equal(await frames.next(), null);
    const url = `${patient.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`;
    await post(url, '4x');
    assert.equal((await request(url)).body, '4x');
    await patient.stop();
  });
});

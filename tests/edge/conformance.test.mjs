// EDGE_FIXTURE.md's sections 1 and 2 where they speak of time, order and precedence, on the fixture as it is.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AT_ONCE_MS, closesAtOnce } from './lib/close.mjs';
import { Server } from './lib/server.mjs';
import { Frames, RS, post, refusedUpgrade, request } from './lib/talk.mjs';
import { BACKSTOP } from '../lib/limits.mjs';

// What a loaded machine may add to a time of the protocol: less than lies between any two of them.
const MARGIN_MS = 150;

let server;
let base;
let wsBase;

before(async () => {
  server = await Server.start();
  base = `${server.url}/engine.io/?EIO=4&transport=polling`;
  wsBase = `${server.ws}/engine.io/?EIO=4&transport=websocket`;
});
after(() => server.stop());

// Sessions that a test leaves behind would end by the heartbeat, and be counted in another test.
const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((url) => post(url, '1'))));

const open = async () => {
  const { body } = await request(base);
  opened.push(`${base}&sid=${JSON.parse(body.slice(1)).sid}`);
  return opened.at(-1);
};

const asWs = (url) => `${wsBase}&sid=${new URL(url).searchParams.get('sid')}`;

const websocket = async (url = wsBase) => {
  const frames = new Frames(url);
  const start = performance.now();
  assert.match(await frames.text(), /^0/);
  // The session began between these two.
  frames.sent = start;
  frames.began = performance.now();
  return frames;
};

const refused = ({ status, body }) => {
  assert.equal(status, 400);
  return JSON.parse(body).code;
};

// Runs what depends on the machine keeping pace until it did: `fn` returns false when it did not.
async function inPace(fn, times = 20) {
  for (let i = 0; i < times; i++) if ((await fn()) !== false) return;
  assert.fail('the machine never kept pace');
}

describe('0 set-up', () => {
  for (const path of ['/engine.io/', '/socket.io/']) {
    test(`${path}: the same settings by both transports`, async () => {
      const settings = { pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 };
      const url = `${path}?EIO=4&transport=`;
      const { body } = await request(`${server.url}${url}polling`);
      const { sid, ...rest } = JSON.parse(body.slice(1));
      opened.push(`${server.url}${url}polling&sid=${sid}`);
      assert.equal(body, `0${JSON.stringify({ sid, ...rest })}`, 'no spaces, and nothing behind it');
      assert.deepEqual(rest, { upgrades: ['websocket'], ...settings });
      const frames = new Frames(`${server.ws}${url}websocket`);
      const { sid: own, ...others } = JSON.parse((await frames.text()).slice(1));
      assert.deepEqual(others, { upgrades: [], ...settings });
      assert.notEqual(own, sid);
      assert.equal(await frames.text(), '2', 'nothing but this follows by itself');
      await frames.close();
    });

    test(`${path}: all origins may read every answer`, async () => {
      const headers = { Origin: 'http://other.test' };
      const url = `${server.url}${path}?EIO=4&transport=polling`;
      const first = await request(url, { headers });
      const session = `${url}&sid=${JSON.parse(first.body.slice(1)).sid}`;
      opened.push(session);
      const answers = [first, await post(session, '40', headers), await post(session, '6', headers),
        await request(`${url}&sid=zzz`, { headers }), await request(url.replace('EIO=4', 'EIO=3'), { headers }),
        await request(`${url}&refuse=x`, { headers }), await request(url, { method: 'OPTIONS', headers })];
      assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 400, 400, 403, 204]);
      for (const answer of answers) assert.equal(answer.headers['access-control-allow-origin'], '*');
    });
  }
});

describe('1.1 the first condition that matches', () => {
  const url = (query) => `${server.url}/engine.io/?${query}`;
  for (const [name, method, query, code] of [
    ['transport before sid', 'GET', 'EIO=4&transport=abc&sid=zzz', 0],
    ['transport before method', 'POST', 'EIO=4', 0],
    ['transport before method and version', 'PUT', 'EIO=3&transport=tube', 0],
    ['sid before method', 'PUT', 'EIO=4&transport=polling&sid=zzz', 1],
    ['sid before version', 'GET', 'EIO=3&transport=polling&sid=zzz', 1],
    ['sid before the missing upgrade', 'GET', 'EIO=4&transport=websocket&sid=zzz', 1],
    ['method before the missing upgrade', 'POST', 'EIO=4&transport=websocket', 2],
    ['method before version', 'POST', 'EIO=3&transport=polling', 2],
    ['method before the hook', 'POST', 'EIO=4&transport=polling&refuse=x', 2],
    ['the missing upgrade before version', 'GET', 'EIO=3&transport=websocket', 3],
    ['the missing upgrade before the hook', 'GET', 'EIO=4&transport=websocket&refuse=x', 3],
    ['a sid that is too long', 'GET', `EIO=4&transport=polling&sid=${'x'.repeat(500)}`, 1],
    ['a version that begins with 4', 'GET', 'EIO=40&transport=polling', 5],
    ['an empty version', 'GET', 'EIO=&transport=polling', 5],
    ['a transport in capitals', 'GET', 'EIO=4&transport=Polling', 0],
  ]) {
    test(name, async () => {
      const body = method === 'GET' ? undefined : '4x';
      const headers = body ? { 'Content-Length': body.length } : {};
      const answer = await request(url(query), { method, body, headers });
      assert.equal(refused(answer), code);
      assert.equal(answer.headers['content-type'], 'application/json');
    });
  }

  test('the hook before version', async () => {
    const answer = await request(url('EIO=3&transport=polling&refuse=no'));
    assert.deepEqual([answer.status, answer.body], [403, '{"code":4,"message":"no"}']);
    assert.equal(answer.headers['content-type'], 'application/json');
  });

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    test(`${method}: no handshake, and on a session a client's error at most`, async () => {
      const headers = { 'Content-Length': 0 };
      assert.equal(refused(await request(base, { method, headers })), 2);
      if (method === 'POST') return;
      const session = await open();
      const { status } = await request(session, { method, headers });
      assert.ok(status >= 400);
      assert.equal((await post(session, '4x')).body, 'ok', 'which harms nobody');
    });
  }

  test('a polling session asked for as a WebSocket, without upgrade', async () => {
    const session = await open();
    assert.equal(refused(await request(session.replace('transport=polling', 'transport=websocket'))), 3);
    assert.equal((await post(session, '4x')).body, 'ok');
  });

  test('what is percent-encoded is decoded, the sid and the names, too', async () => {
    const sid = new URL(await open()).searchParams.get('sid');
    const encoded = [...sid].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');
    assert.equal((await post(url(`EIO=%34&transport=%70olling&sid=${encoded}`), '4x')).body, 'ok');
    assert.equal((await request(url(`si%64=${encoded}&%74ransport=polling&t=%26sid%3Dzzz`))).body, '4x');
  });

  test('an empty sid is none', async () => {
    const { body } = await request(url('EIO=4&transport=polling&sid='));
    assert.match(body, /^0\{/);
    opened.push(`${base}&sid=${JSON.parse(body.slice(1)).sid}`);
  });

  test('a session is not asked for its version again', async () => {
    const sid = new URL(await open()).searchParams.get('sid');
    assert.equal((await post(url(`EIO=3&transport=polling&sid=${sid}`), '4x')).body, 'ok');
    assert.equal((await request(url(`transport=polling&sid=${sid}`))).body, '4x');
  });

  test('upgrades', async () => {
    const ws = (query) => `${server.ws}/engine.io/?${query}`;
    for (const query of ['EIO=4&transport=abc&sid=zzz', 'EIO=3&transport=websocket&sid=zzz', 'transport=websocket',
      'EIO=4&transport=polling'])
      assert.equal(await refusedUpgrade(ws(query)), 400);
    assert.equal(await refusedUpgrade(ws('EIO=3&transport=websocket&refuse=x')), 403);
  });

  test('every session has a sid of its own', async () => {
    const sids = await Promise.all(Array.from({ length: 50 }, open));
    assert.equal(new Set(sids).size, 50);
  });
});

describe('1.3 and 1.4: what ends a session ends it at once', () => {
  for (const bad of ['abc', '9', '2', '', `4ok${RS}abc`, `abc${RS}4ok`]) {
    test(`by polling: ${JSON.stringify(bad)}`, async () => {
      const { ping_timeouts } = await server.counters();
      const url = await open();
      const start = performance.now();
      assert.equal((await post(url, bad)).status, 400);
      assert.equal(refused(await request(url)), 1);
      assert.ok(performance.now() - start < AT_ONCE_MS);
      assert.equal((await server.counters()).ping_timeouts, ping_timeouts);
    });
  }

  for (const bad of ['abc', '9', '2', '']) {
    test(`by websocket: ${JSON.stringify(bad)}`, async () => {
      const frames = await websocket();
      await closesAtOnce(server, frames, () => frames.send(bad));
    });
  }

  for (const [name, act, held] of [
    ['a second GET', (url) => request(url), '1'],
    ['a close packet', (url) => post(url, '1'), '6'],
    ['a bad packet', (url) => post(url, 'abc'), '1'],
    ['octet-stream', (url) => post(url, '4x', { 'Content-Type': 'application/octet-stream' }), '1'],
  ]) {
    test(`with a held GET: ${name}`, async () => {
      const { ping_timeouts } = await server.counters();
      const url = await open();
      const start = performance.now();
      const get = request(url);
      // A POST is taken after what came before it: its answer says that the GET is held.
      assert.equal((await post(url, '6')).body, 'ok');
      const [{ status }, answer] = [await act(url), await get];
      assert.equal(status, name === 'a close packet' ? 200 : 400);
      assert.deepEqual([answer.status, answer.body], [200, held]);
      assert.equal(refused(await request(url)), 1);
      assert.ok(performance.now() - start < AT_ONCE_MS);
      assert.equal((await server.counters()).ping_timeouts, ping_timeouts);
    });
  }

  test('a second POST while one is read', async () => {
    const { ping_timeouts } = await server.counters();
    const url = await open();
    const start = performance.now();
    const first = net.connect(server.port, '127.0.0.1');
    first.on('error', () => {});
    const answer = new Promise((resolve) => {
      let text = '';
      first.on('data', (data) => resolve((text += data)));
      first.on('close', () => resolve(text));
    });
    first.write(`POST ${url.slice(server.url.length)} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4`);
    await server.counters(); // taken after what came before it
    assert.equal(refused(await post(url, '4x')), 3);
    assert.equal(refused(await request(url)), 1);
    first.write('123456789');
    assert.match(await answer, /^(HTTP\/1\.1 400 |$)/);
    assert.ok(performance.now() - start < AT_ONCE_MS);
    assert.equal((await server.counters()).ping_timeouts, ping_timeouts);
    first.destroy();
  });

  test('what is too large is refused, and the session stays', async () => {
    const url = await open();
    const start = performance.now();
    assert.equal((await post(url, `4${'x'.repeat(1000000)}`)).status, 413);
    assert.equal((await post(url, '4x')).body, 'ok');
    assert.ok(performance.now() - start < AT_ONCE_MS);
    assert.match((await request(url)).body, /4x$/);
  });

  test('bytes that need the whole alphabet of base64', async () => {
    const url = await open();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i));
    const payload = [1, 2, 3].map((n) => `b${bytes.subarray(0, 253 + n).toString('base64')}`).join(RS);
    assert.match(payload, /\+.*\/|\/.*\+/);
    assert.equal((await post(url, payload)).body, 'ok');
    assert.equal((await request(url)).body, payload);
  });

  test('a held GET whose client leaves', async () => {
    const { ping_timeouts, connections } = await server.counters();
    const url = await open();
    const start = performance.now();
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`GET ${url.slice(server.url.length)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal((await post(url, '6')).body, 'ok');
    socket.destroy();
    await server.until((counters) => counters.connections <= connections);
    assert.equal(refused(await request(url)), 1);
    assert.ok(performance.now() - start < AT_ONCE_MS);
    assert.equal((await server.counters()).ping_timeouts, ping_timeouts);
  });
});

describe('1.5 heartbeat', () => {
  test('a ping 300 ms after the handshake, and 300 ms after each pong', async () => {
    await inPace(async () => {
      const frames = await websocket();
      let since = [frames.sent, frames.began];
      for (let i = 0; i < 3; i++) {
        assert.equal(await frames.text(), '2');
        const now = performance.now();
        assert.ok(now - since[0] >= 299, `early: ${now - since[0]}`);
        if (now - since[1] > 300 + MARGIN_MS) return frames.close().then(() => false);
        await delay(50); // a pong counts from when it comes, not from its ping
        since = [performance.now(), performance.now()];
        frames.send('3');
      }
      return frames.close();
    });
  });

  test('by polling: a held GET is the ping, 300 ms after the handshake and after each pong', async () => {
    await inPace(async () => {
      const sent = performance.now();
      const url = await open();
      let since = [sent, performance.now()];
      for (let i = 0; i < 3; i++) {
        const { body } = await request(url);
        const now = performance.now();
        assert.equal(body, '2');
        assert.ok(now - since[0] >= 299, `early: ${now - since[0]}`);
        if (now - since[1] > 300 + MARGIN_MS) return false;
        await delay(50);
        const ponged = performance.now();
        assert.equal((await post(url, '3')).body, 'ok');
        since = [ponged, performance.now()];
      }
      return true;
    });
  });

  test('by polling: who has the ping and says nothing loses its held GET 500 ms after the handshake', async () => {
    await inPace(async () => {
      const { ping_timeouts } = await server.counters();
      const sent = performance.now();
      const url = await open();
      const began = performance.now();
      if ((await request(url)).body !== '2') return false;
      await request(url).catch(() => {});
      const now = performance.now();
      assert.ok(now - sent >= 499, `early: ${now - sent}`);
      assert.equal(refused(await request(url)), 1);
      assert.equal((await server.counters()).ping_timeouts, ping_timeouts + 1);
      return now - began <= 500 + MARGIN_MS;
    });
  });

  for (const noise of [false, true]) {
    test(`without a pong the end comes 500 ms after the handshake${noise ? ', other traffic or not' : ''}`, async () => {
      await inPace(async () => {
        const { ping_timeouts } = await server.counters();
        const frames = await websocket();
        const timer = noise && setInterval(() => frames.send('4noise', Buffer.from([1])), 20);
        while ((await frames.next()) !== null);
        const now = performance.now();
        clearInterval(timer);
        assert.ok(now - frames.sent >= 499, `early: ${now - frames.sent}`);
        assert.equal((await server.counters()).ping_timeouts, ping_timeouts + 1);
        return now - frames.began <= 500 + MARGIN_MS;
      });
    });
  }

  test('by polling: there until then, gone from then on', async () => {
    await inPace(async () => {
      const sent = performance.now();
      const url = await open();
      const began = performance.now();
      await delay(440 - (performance.now() - sent));
      const alive = await request(url);
      const now = performance.now();
      await delay(500 - (performance.now() - began));
      assert.equal(refused(await request(url)), 1);
      if (now - sent > 490) return false;
      assert.equal(alive.body, '2');
      return true;
    });
  });

  test('by polling: traffic that is no pong keeps nothing alive', async () => {
    const url = await open();
    const began = performance.now();
    while (performance.now() - began < 400) {
      const { status } = await post(url, '4x');
      if (status !== 200) break;
      await request(url);
      await delay(20);
    }
    await delay(500 - (performance.now() - began));
    assert.equal(refused(await request(url)), 1);
  });

  test('a client that leaves the first ping unanswered is served for 200 ms after it', async () => {
    await inPace(async () => {
      const { ping_timeouts } = await server.counters();
      const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
      await frames.text();
      frames.send('40');
      assert.match(await frames.text(), /^40/);
      assert.equal(await frames.text(), '42["auth",{}]');
      assert.equal(await frames.text(), '2');
      const ping = performance.now();
      let served = 0;
      for (let n = 0; performance.now() - ping < 150; n++) {
        frames.send(`42["message",${n}]`);
        const frame = await frames.text();
        if (frame === null) break;
        assert.equal(frame, `42["message-back",${n}]`);
        served = performance.now() - ping;
      }
      assert.equal(await frames.text(), null);
      const end = performance.now() - ping;
      assert.equal((await server.counters()).ping_timeouts, ping_timeouts + 1);
      // The ping may have come late to us, but not early: only a machine that keeps pace shows the whole time.
      return served >= 150 && end < 200 + MARGIN_MS;
    });
  });
});

describe('1.6 upgrade', () => {
  const probe = async (url) => {
    const frames = new Frames(asWs(url));
    await frames.opened;
    return frames;
  };

  for (const [name, ...sent] of [
    ['5 without a probe', '5'], ['another probe', '2other'], ['a bare ping', '2'], ['a message', '4x'],
    ['a binary frame', Buffer.from('2probe')], ['a probe twice', '2probe', '2probe'],
    ['a message after the probe', '2probe', '4x'], ['an empty frame', ''],
  ]) {
    test(`a probe that says ${name} is dropped, and polling goes on`, async () => {
      const url = await open();
      const frames = await probe(url);
      const start = performance.now();
      frames.send(...sent);
      for (let frame; (frame = await frames.next()) !== null;) assert.equal(frame.text, '3probe');
      assert.ok(performance.now() - start < AT_ONCE_MS);
      assert.equal((await post(url, '4still')).body, 'ok');
      assert.match((await request(url)).body, /^(2\x1e)?4still/);
      // Another may try.
      const second = await probe(url);
      second.send('2probe');
      assert.equal(await second.text(), '3probe');
      await second.close();
    });
  }

  test('a probe that does nothing more is dropped after 10 s, and polling goes on', BACKSTOP, async () => {
    await inPace(async () => {
      const { upgrade_timeouts } = await server.counters();
      const urls = await Promise.all([open(), open()]);
      let over = false;
      const alive = urls.map(async (url) => {
        for (; !over; await delay(50)) await post(url, '3'); // one at a time: two would end the session
      });
      const sent = performance.now();
      const [silent, probed] = await Promise.all(urls.map(probe));
      probed.send('2probe');
      assert.equal(await probed.text(), '3probe');
      const began = performance.now();
      const ends = await Promise.all([silent, probed].map((frames) => frames.closed.then(() => performance.now())));
      over = true;
      await Promise.all(alive);
      for (const end of ends) assert.ok(end - sent >= 9999, `early: ${end - sent}`);
      assert.equal((await server.counters()).upgrade_timeouts, upgrade_timeouts + 2);
      for (const url of urls) assert.equal((await post(url, '4x')).body, 'ok');
      return ends.every((end) => end - began <= 10000 + MARGIN_MS);
    }, 4);
  });

  test('a GET that is held when the probe comes is let go at once, and so is each after it', async () => {
    const url = await open();
    const get = request(url);
    assert.equal((await post(url, '6')).body, 'ok');
    const frames = await probe(url);
    const start = performance.now();
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    assert.equal((await get).body, '6');
    assert.equal((await request(url)).body, '6');
    assert.ok(performance.now() - start < AT_ONCE_MS);
    await frames.close();
  });

  test('a second WebSocket while one probes, and after the upgrade: 101, and closed at once', async () => {
    const url = await open();
    const frames = await probe(url);
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    for (const [message, echo] of [['5', null], ['4x', '4x']]) {
      const other = new Frames(asWs(url));
      await other.opened;
      await closesAtOnce(server, other, () => {}, 1000);
      frames.send(message);
      if (echo) assert.equal(await frames.message(), echo);
    }
    await frames.close();
  });

  test('the polling side is dead after it: code 3 for GET and POST', async () => {
    const url = await open();
    const frames = await probe(url);
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '4x');
    assert.equal(await frames.message(), '4x');
    assert.equal(refused(await request(url)), 3);
    assert.equal(refused(await post(url, '4y')), 3);
    frames.send('4z');
    assert.equal(await frames.message(), '4z');
    await frames.close();
  });

  test('what is sent while it goes on comes once and in order, fifty times', async () => {
    for (let i = 0; i < 50; i++) {
      const url = await open();
      await post(url, ['4a', '4b'].join(RS));
      const frames = await probe(url);
      frames.send('2probe', '5', '4c', '4d');
      assert.equal(await frames.text(), '3probe');
      for (const message of ['4a', '4b', '4c', '4d']) assert.equal(await frames.message(), message);
      frames.ws.terminate();
    }
  });
});

describe('1.7 order of two connections', () => {
  for (const connection of ['close', 'keep-alive']) {
    test(`GET, then POST 1, with Connection: ${connection}`, async () => {
      for (let i = 0; i < 50; i++) {
        const path = (await open()).slice(server.url.length);
        const sockets = [net.connect(server.port, '127.0.0.1'), net.connect(server.port, '127.0.0.1')];
        await Promise.all(sockets.map((socket) => once(socket, 'connect')));
        const head = `HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n`;
        sockets[0].write(`GET ${path} ${head}\r\n`);
        sockets[1].write(`POST ${path} ${head}Content-Length: 1\r\n\r\n1`);
        const answers = await Promise.all(sockets.map((socket) => once(socket, 'data')));
        assert.deepEqual(answers.map(([data]) => data.toString().split('\r\n\r\n')[1]), ['6', 'ok']);
        sockets.forEach((socket) => socket.destroy());
      }
    });
  }
});

describe('2 Socket.IO', () => {
  const start = async () => {
    const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    frames.sid = JSON.parse((await frames.text()).slice(1)).sid;
    frames.began = performance.now();
    return frames;
  };

  test('without recovery what a client says of it is its own affair', async () => {
    const frames = await start();
    const auth = '{"pid":"p","offset":"o"}';
    frames.send(`40${auth}`);
    assert.match(await frames.message(), /^40\{"sid":"[\w.-]+"\}$/);
    assert.equal(await frames.message(), `42["auth",${auth}]`);
    await frames.close();
  });

  test('three sids that all differ', async () => {
    const frames = await start();
    frames.send('40', '40/custom,');
    const sids = [frames.sid];
    for (let i = 0; i < 4; i++) {
      const packet = await frames.message();
      const match = /^40(\/custom,)?(\{"sid":"[\w.-]+"\})$/.exec(packet);
      if (match) sids.push(JSON.parse(match[2]).sid);
      else assert.match(packet, /^42(\/custom,)?\["auth",\{\}\]$/);
    }
    assert.equal(new Set(sids).size, 3);
    await frames.close();
  });

  test('the rules of section 1 hold at this path', async () => {
    const url = `${server.url}/socket.io/`;
    assert.equal(refused(await request(`${url}?EIO=4`)), 0);
    assert.equal(refused(await request(`${url}?EIO=4&transport=polling&sid=zzz`)), 1);
    assert.equal(refused(await post(`${url}?EIO=4&transport=polling`, '40')), 2);
    assert.equal(refused(await request(`${url}?EIO=4&transport=websocket`)), 3);
    assert.equal(refused(await request(`${url}?EIO=3&transport=polling`)), 5);
    // A session of one path is none of the other.
    assert.equal(refused(await request((await open()).replace('/engine.io/', '/socket.io/'))), 1);
  });

  for (const answered of [true, false]) {
    test(`no CONNECT: closed after 1000 ms, ${answered ? 'pings answered' : 'or by the heartbeat before'}`, async () => {
      await inPace(async () => {
        const before = await server.counters();
        const sent = performance.now();
        const frames = await start();
        for (let frame; (frame = await frames.text()) !== null;) {
          assert.equal(frame, '2');
          if (answered) frames.send('3');
        }
        const now = performance.now();
        const due = answered ? 1000 : 500;
        assert.ok(now - sent >= due - 1, `early: ${now - sent}`);
        const counters = await server.counters();
        assert.equal(counters.connect_timeouts - before.connect_timeouts, answered ? 1 : 0);
        assert.equal(counters.ping_timeouts - before.ping_timeouts, answered ? 0 : 1);
        return now - frames.began <= due + MARGIN_MS;
      });
    });
  }

  test('CONNECT in the last moment is in time', async () => {
    await inPace(async () => {
      const frames = await start();
      while (performance.now() - frames.began < 900) {
        await delay(50);
        frames.send('3'); // pongs that nobody asked for keep it alive
      }
      frames.send('40');
      if (performance.now() - frames.began > 980) return frames.close().then(() => false);
      let frame;
      while ((frame = await frames.message()) !== null && !/^40/.test(frame));
      if (frame === null) return false;
      assert.equal(await frames.message(), '42["auth",{}]');
      await delay(200);
      frames.send('42["message",1]');
      assert.equal(await frames.message(), '42["message-back",1]');
      return frames.close();
    });
  });

  test('ten attachments', async () => {
    const frames = await start();
    frames.send('40');
    assert.match(await frames.message(), /^40/);
    assert.match(await frames.message(), /^42/);
    const places = Array.from({ length: 10 }, (_, num) => `{"_placeholder":true,"num":${num}}`).join();
    const bytes = Array.from({ length: 10 }, (_, n) => Buffer.from([n]));
    frames.send(`4510-["message",${places}]`, ...bytes);
    assert.equal(await frames.message(), `4510-["message-back",${places}]`);
    for (const wanted of bytes) assert.deepEqual(await frames.message(), wanted);
    await frames.close();
  });

  for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']) {
    test(`the reserved name ${name}`, async () => {
      const frames = await start();
      frames.send('40');
      assert.match(await frames.message(), /^40/);
      assert.match(await frames.message(), /^42/);
      await closesAtOnce(server, frames, () => frames.send(`42["${name}",1]`));
    });
  }

  for (const [name, sent] of [
    ['an EVENT', '42["message",1]'], ['an EVENT in another namespace', '42/custom,["message",1]'],
    ['an ACK', '431[1]'], ['a DISCONNECT', '41'], ['a binary frame', Buffer.from([1])], ['a bad packet', '4abc'],
  ]) {
    test(`before CONNECT, ${name} closes at once`, async () => {
      const frames = await start();
      await closesAtOnce(server, frames, () => frames.send(sent));
    });
  }

  for (const [name, sent, joined] of [
    ['a bad packet', '4abc', true], ['an object', '42{}', true], ['no ack id', '42abc["x"]', true], ['a second CONNECT', '40', true],
    ['another namespace', '42/random,["x"]', true], ['a stray attachment', 'bAQ==', true],
    ['text before the last attachment', '451-["message",{"_placeholder":true,"num":0}]\x1e42["message",1]', true],
    ['an EVENT before CONNECT', '42["message",1]', false],
  ]) {
    test(`by polling, ${name} ends the session at once`, async () => {
      const { ping_timeouts } = await server.counters();
      const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
      const session = `${url}&sid=${JSON.parse((await request(url)).body.slice(1)).sid}`;
      const start = performance.now();
      if (joined) assert.equal((await post(session, '40')).body, 'ok');
      await post(session, sent);
      assert.equal(refused(await request(session)), 1);
      assert.ok(performance.now() - start < AT_ONCE_MS);
      assert.equal((await server.counters()).ping_timeouts, ping_timeouts);
    });
  }
});

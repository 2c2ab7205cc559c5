// Sessions of one edge, reached through another: nothing on the way may tell the difference.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { introduce, startServers } from './lib/cluster.mjs';
import { answered, authorized } from './lib/proof.mjs';
import { Frames, post, refusedUpgrade, request, RS, tcp, trust } from './lib/talk.mjs';

const MAX_HEAD = 8192; // the default

let owner, other, third;
const use = (count, ...args) => {
  before(async () => ([owner, other, third] = await startServers(count, '--ping-interval', '60000', ...args)));
  after(() => Promise.all([owner, other, third].map((server) => server?.stop())));
};

const query = (sid, transport = 'polling') => `/engine.io/?EIO=4&transport=${transport}&sid=${sid}`;
const unknown = { status: 400, body: '{"code":1,"message":"Session ID unknown"}' };
const isUnknown = ({ status, body }) => assert.deepEqual({ status, body }, unknown);

// A session of `owner`.
async function handshake() {
  const { body } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
  const { sid } = JSON.parse(body.slice(1));
  assert.ok(sid.startsWith(`${owner.instance}.`));
  return sid;
}

const poll = (server, sid, options) => request(`${server.url}${query(sid)}`, options);
const send = (server, sid, body, headers) => post(`${server.url}${query(sid)}`, body, headers);

// The answer as it is on the wire, but for the time.
const bytesOf = async (server, text) => (await tcp(server.port, text)).replace(/^Date: .*$/m, 'Date:');

async function ticks(server) {
  const fields = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

// Share of the processor that a server takes during a second.
async function share(server) {
  const [from, start] = [await ticks(server), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return ((await ticks(server)) - from) * 10 / (performance.now() - start);
}

describe('polling through another edge', () => {
  use(3);

  test('a post here, a poll there', async () => {
    const sid = await handshake();
    const held = poll(other, sid);
    assert.equal((await send(third, sid, '4hello')).body, 'ok');
    assert.equal((await held).body, '4hello');
    assert.equal((await send(other, sid, `4one${RS}bAQIDBA==`)).body, 'ok');
    assert.equal((await poll(third, sid)).body, `4one${RS}bAQIDBA==`);
  });

  test('the answer is the same to the byte', async () => {
    const sid = await handshake();
    for (const [head, body] of [
      [`POST ${query(sid)} HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\nConnection: close\r\nContent-Length: 6\r\n\r\n4hello`],
      [`GET ${query(sid)} HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\nConnection: close\r\n\r\n`, '4hello'],
      [`GET ${query(sid)} HTTP/1.0\r\nHost: x\r\n\r\n`, '4hello'],
      [`GET ${query(`${owner.instance}.nobody`)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
    ]) {
      if (body) await send(owner, sid, body);
      const direct = await bytesOf(owner, head);
      if (body) await send(owner, sid, body);
      assert.equal(await bytesOf(other, head), direct);
      if (head.startsWith('POST')) await poll(owner, sid);
    }
  });

  test('one connection carries requests for several edges', async () => {
    const sids = [await handshake(), await handshake()];
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const connect = agent.createConnection;
    agent.createConnection = (...args) => (connections++, connect.apply(agent, args));
    const ask = (path, options) => request(`${other.url}${path}`, { agent, ...options });
    const tell = (path, body) => ask(path, { method: 'POST', body, headers: { 'Content-Length': Buffer.byteLength(body) } });
    for (let i = 0; i < 5; i++) {
      for (const sid of sids) {
        assert.equal((await tell(query(sid), `4${i} ${sid}`)).body, 'ok');
        assert.equal((await ask(query(sid))).body, `4${i} ${sid}`);
      }
      assert.equal((await ask('/mirror/here')).body, 'GET /mirror/here ? 0');
      isUnknown(await ask(query('edge-7.x')));
    }
    agent.destroy();
    assert.equal(connections, 1);
  });

  test('a head as large as one may be', async () => {
    const sid = await handshake();
    for (const server of [owner, other]) {
      const head = (padding) => `POST ${query(sid)}&x=${padding} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n`;
      const text = `${head('y'.repeat(MAX_HEAD - head('').length))}4x`;
      assert.match(await bytesOf(server, text), /^HTTP\/1\.1 200 OK[^]*\r\n\r\nok$/);
    }
  });

  test('large bodies, both ways', async () => {
    const sid = await handshake();
    const text = `4${'ä'.repeat(450000)}`;
    const held = poll(other, sid);
    assert.equal((await send(third, sid, text)).body, 'ok');
    assert.ok((await held).body === text);
    assert.equal((await send(third, sid, '4x'.padEnd(1000001, 'x'))).status, 413);
    assert.equal((await send(third, sid, '4after')).body, 'ok');
    assert.equal((await poll(other, sid)).body, '4after');
  });

  test('a reader that takes its time gets it all', async () => {
    const sid = await handshake();
    const texts = Array.from({ length: 4 }, (_, i) => `4${String(i).repeat(900000)}`);
    for (const text of texts) assert.equal((await send(third, sid, text)).body, 'ok');
    const socket = net.connect(other.port, '127.0.0.1');
    socket.write(`GET ${query(sid)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await once(socket, 'readable');
    let got = '';
    for await (const chunk of socket) {
      got += chunk;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(got.endsWith(`\r\n\r\n${texts.join(RS)}`));
  });

  test('a client that leaves a held poll has left', async () => {
    const sid = await handshake();
    const { passed_on: passed } = await other.counters();
    const socket = net.connect(other.port, '127.0.0.1');
    socket.write(`GET ${query(sid)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await other.until(({ passed_on }) => passed_on > passed);
    socket.destroy();
    for (;;) {
      const answer = await send(owner, sid, '3');
      if (answer.status === 200) continue;
      isUnknown(answer);
      break;
    }
  });

  test('clients that left cost no processor time', async () => {
    const sockets = [];
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(other.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`GET ${query(await handshake())} HTTP/1.1\r\nHost: x\r\n\r\n`);
      sockets.push(socket);
    }
    sockets.forEach((socket, i) => (i % 2 ? socket.destroy() : socket.end()));
    const shares = await Promise.all([share(owner), share(other)]);
    assert.ok(Math.max(...shares) < 0.2, `a loop spins: ${shares}`);
    sockets.forEach((socket) => socket.destroy());
  });

  test('two polls at once end the session, as they do directly', async () => {
    const sid = await handshake();
    // Which of them comes first is up to the network.
    const answers = await Promise.all([poll(other, sid), poll(third, sid)]);
    const [held, second] = answers.sort((a, b) => a.status - b.status);
    assert.deepEqual([held.status, held.body, second.status], [200, '1', 400]);
    isUnknown(await poll(other, sid));
  });

  test('what the owner refuses is refused', async () => {
    const sid = await handshake();
    const octets = { 'Content-Type': 'application/octet-stream' };
    assert.equal((await send(other, sid, '4x', octets)).status, 400);
    isUnknown(await poll(owner, sid));
    for (const method of ['PUT', 'DELETE'])
      isUnknown(await poll(other, sid, { method, headers: { 'Content-Length': 0 } }));
  });

  test('sids of nobody', async () => {
    for (const sid of [`${owner.instance}.x`, `${other.instance}.x`, 'edge-9.x', 'x', '.x', 'edge-0', `${'e'.repeat(60)}.x`,
      `${owner.instance}.${'x'.repeat(200)}`]) isUnknown(await poll(other, sid));
  });
});

describe('the internal listener', () => {
  use(2);
  const as = (path, method = 'GET') => ({ method, headers: authorized(owner.instance, path, { method }) });
  const internal = (path, options = as(path)) => request(`http://${owner.internal}${path}`, options);
  const refused = (path) => refusedUpgrade(`ws://${owner.internal}${path}`, as(path));

  test('begins no session and has no public path', async () => {
    const fresh = await internal('/engine.io/?EIO=4&transport=polling');
    assert.deepEqual([fresh.status, JSON.parse(fresh.body).code], [403, 4]);
    assert.equal(await refused('/engine.io/?EIO=4&transport=websocket'), 403);
    for (const path of ['/counters', '/mirror/x', '/']) assert.equal((await internal(path)).status, 404);
  });

  test('passes nothing on', async () => {
    await introduce(owner, 'ghost', other.internal);
    await introduce(other, 'ghost', owner.internal);
    const before = await owner.counters();
    isUnknown(await poll(other, 'ghost.x'));
    isUnknown(await internal(query('ghost.x')));
    assert.equal(await refused(query('ghost.x', 'websocket')), 400);
    const { passed_on } = await owner.counters();
    assert.equal(passed_on, before.passed_on);
    await introduce(owner, 'ghost', '');
    await introduce(other, 'ghost', '');
  });

  test('its connections are no clients', async () => {
    const before = await owner.counters();
    const sockets = Array.from({ length: 5 }, () => net.connect(Number(owner.internal.split(':')[1])));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const path = query(await handshake());
    const { method, headers } = as(path, 'PUT');
    assert.equal((await internal(path, { method, headers: { 'Content-Length': 0, ...headers } })).status, 400);
    assert.equal((await owner.counters()).connections, before.connections);
    sockets.forEach((socket) => socket.destroy());
  });
});

describe('peers that do not behave', () => {
  use(2, '--peer-timeout', '300', '--max-passed', '3');
  const ghosts = [];
  // Listens as a peer; `answer` gets each connection.
  async function ghost(answer) {
    const sockets = new Set();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).resume();
      answer(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ghosts.push(() => (server.close(), sockets.forEach((socket) => socket.destroy())));
    await introduce(other, 'ghost', `127.0.0.1:${server.address().port}`);
    return server;
  }
  after(() => ghosts.forEach((close) => close()));
  const failed = async () => (await other.counters()).passed_failed;

  test('not there', async () => {
    const server = await ghost(() => {});
    server.close();
    await once(server, 'close');
    const before = await failed();
    isUnknown(await poll(other, 'ghost.x'));
    isUnknown(await send(other, 'ghost.x', '4x'));
    assert.equal(await failed(), before + 2);
    const frames = new Frames(`${other.ws}${query('ghost.x', 'websocket')}`);
    await frames.opened;
    assert.equal(await frames.closed, 1011);
    assert.equal(await failed(), before + 3);
  });

  for (const [name, text] of [
    ['closes', ''],
    ['says half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['speaks something else', 'SSH-2.0-x\r\n\r\n'],
    ['gives no length', 'HTTP/1.1 200 OK\r\n\r\nbody'],
    ['says too much in its head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20000)}\r\n\r\n`],
    ['switches for a poll', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ]) {
    test(`${name}: an unknown session`, async () => {
      await ghost((socket) => socket.once('data', () => socket.end(text)));
      const before = await failed();
      isUnknown(await poll(other, 'ghost.x'));
      isUnknown(await send(other, 'ghost.x', '4x'));
      assert.equal(await failed(), before + 2);
    });
  }

  for (const [name, text] of [
    ['closes in the middle of its answer', 'half of it'],
    ['sends more than it said', 'mor'],
  ]) {
    test(`${name}: the client's connection is closed`, async () => {
      await ghost((socket) => socket.once('data', (head) => socket.end('HTTP/1.1 200 OK\r\n' +
        `Content-Length: ${text.length}\r\n${answered(String(head), 200, text)}\r\n${text.length > 4 ? 'half' : 'more'}`)));
      await assert.rejects(poll(other, 'ghost.x'));
      assert.equal((await other.counters()).pid, other.pid);
    });
  }

  test('an upgrade that it does not answer', async () => {
    await ghost(() => {});
    const frames = new Frames(`${other.ws}${query('ghost.x', 'websocket')}`);
    await frames.opened;
    assert.equal(await frames.closed, 1011);
  });

  // The poll was first: were it the time of a post that it has, it would be over.
  test('a post that it does not answer is given up, a poll that another one holds is not', async () => {
    await ghost(() => {});
    const sid = await handshake();
    for (let round = 0; round < 2; round++) {
      const { passed_on: passed } = await other.counters();
      const held = poll(other, sid);
      await other.until(({ passed_on }) => passed_on === passed + 1);
      isUnknown(await send(other, 'ghost.x', '4x'));
      assert.equal((await send(other, sid, '4hello')).body, 'ok');
      assert.equal((await held).body, '4hello');
    }
  });

  test('only so many at a time', async () => {
    await ghost(() => {});
    const { passed_on: passed } = await other.counters();
    const held = Array.from({ length: 3 }, () => {
      const socket = net.connect(other.port, '127.0.0.1');
      socket.write(`GET ${query('ghost.x')} HTTP/1.1\r\nHost: x\r\n\r\n`);
      return socket;
    });
    await other.until(({ passed_on }) => passed_on === passed + 3);
    isUnknown(await poll(other, 'ghost.x'));
    const frames = new Frames(`${other.ws}${query('ghost.x', 'websocket')}`);
    await frames.opened;
    assert.equal(await frames.closed, 1013);
    held.forEach((socket) => socket.destroy());
    await other.until(({ connections }) => connections === 1);
    assert.equal((await poll(other, `${owner.instance}.x`)).body, unknown.body);
    const sid = await handshake();
    assert.equal((await send(other, sid, '4x')).body, 'ok');
  });
});

describe('WebSockets through another edge', () => {
  use(3);

  // A session of `owner` that has moved to a WebSocket through `server`.
  async function upgraded(server, options) {
    const sid = await handshake();
    const frames = new Frames(`${server.ws}${query(sid, 'websocket')}`, options);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    // Its echo says that the owner has taken the 5: a poll on another connection could be there before.
    frames.send('5', '4moved');
    assert.equal(await frames.text(), '4moved');
    frames.sid = sid;
    return frames;
  }

  test('a probe, an upgrade, messages of both kinds in order', async () => {
    const sid = await handshake();
    const held = poll(third, sid);
    const frames = new Frames(`${other.ws}${query(sid, 'websocket')}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    assert.equal((await held).body, '6');
    await send(third, sid, '4queued');
    const bytes = Buffer.from([0, 1, 127, 128, 255]);
    frames.send('5', '4at once', bytes, '4');
    assert.equal(await frames.text(), '4queued');
    assert.equal(await frames.text(), '4at once');
    assert.deepEqual((await frames.next()).bytes, bytes);
    assert.equal(await frames.text(), '4');
    assert.equal((await poll(third, sid)).status, 400);
    assert.equal((await owner.counters()).upgrades, 1);
    await frames.close();
  });

  test('large messages, in fragments with control frames between them', async () => {
    const frames = await upgraded(other);
    const text = `4${'x'.repeat(899999)}`;
    frames.send(text);
    assert.ok((await frames.text()) === text);
    const pong = once(frames.ws, 'pong');
    frames.ws.send('4fir', { fin: false });
    frames.ws.ping('are you there');
    frames.ws.send('st', { fin: true });
    assert.equal((await pong)[0].toString(), 'are you there');
    assert.equal(await frames.text(), '4first');
    await frames.close();
  });

  test('close codes pass, both ways', async () => {
    const leaving = await upgraded(other);
    leaving.ws.close(4001, 'enough');
    assert.equal(await leaving.closed, 4001);
    isUnknown(await poll(owner, leaving.sid));
    const wrong = await upgraded(other);
    wrong.send('abc');
    assert.equal(await wrong.closed, 1002);
    const large = await upgraded(other);
    large.send('4x'.padEnd(1000002, 'x'));
    assert.equal(await large.closed, 1009);
    const ended = await upgraded(other);
    ended.send('1');
    assert.equal(await ended.closed, 1000);
  });

  test('frames that break the rules end there', async () => {
    const sid = await handshake();
    const socket = net.connect(other.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET ${query(sid, 'websocket')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await once(socket, 'data');
    socket.write(Buffer.from([0xff, 0xff, 0, 0, 0, 0]));
    socket.resume();
    await once(socket, 'close');
    assert.equal((await send(owner, sid, '4still there')).body, 'ok');
  });

  test('a session that is not there any more', async () => {
    const frames = new Frames(`${other.ws}${query(`${owner.instance}.x`, 'websocket')}`);
    await frames.opened;
    assert.equal(await frames.closed, 1011);
    assert.equal(await refusedUpgrade(`${other.ws}${query('edge-9.x', 'websocket')}`), 400);
  });

  test('a second upgrade is accepted and closed, the first goes on', async () => {
    const frames = await upgraded(other);
    const second = new Frames(`${third.ws}${query(frames.sid, 'websocket')}`);
    await second.opened;
    assert.equal(await second.closed, 1000);
    frames.send('4on');
    assert.equal(await frames.text(), '4on');
    await frames.close();
  });

  test('a client that vanishes has left', async () => {
    const frames = await upgraded(other);
    frames.ws.terminate();
    for (;;) {
      const answer = await poll(owner, frames.sid);
      assert.equal(answer.status, 400);
      if (answer.body === unknown.body) break;
    }
  });

  test('many idle ones, and those that left, cost no processor time', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, () => upgraded(other)));
    all.slice(0, 20).forEach((frames) => frames.ws.terminate());
    const shares = await Promise.all([share(owner), share(other)]);
    assert.ok(Math.max(...shares) < 0.2, `a loop spins: ${shares}`);
    await Promise.all(all.slice(20).map((frames) => frames.close()));
    await other.until(({ connections }) => connections === 1);
  });
});

describe('clients over TLS, edges without', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'warren-cluster-'));
  const [certificate, key] = [path.join(folder, 'server.pem'), path.join(folder, 'server.key')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  trust(readFileSync(certificate));
  use(2, '--tls-certificate', certificate, '--tls-key', key, '--max-output', '30000000');
  after(() => rmSync(folder, { recursive: true }));

  test('poll, post and upgrade', async () => {
    const sid = await handshake();
    const text = `4${'x'.repeat(900000)}`;
    const held = poll(other, sid);
    assert.equal((await send(other, sid, text)).body, 'ok');
    assert.ok((await held).body === text);
    const frames = new Frames(`${other.ws}${query(sid, 'websocket')}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '4small', text, Buffer.from(text));
    assert.equal(await frames.text(), '4small');
    assert.ok((await frames.text()) === text);
    assert.ok((await frames.next()).bytes.equals(Buffer.from(text)));
    frames.ws.close(4002);
    assert.equal(await frames.closed, 4002);
    isUnknown(await poll(owner, sid));
  });

  test('a reader that takes its time gets it all, in order', async () => {
    const { body } = await request(`${owner.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(body.slice(1));
    const frames = new Frames(`${other.ws}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '40/room,');
    assert.match(await frames.text(), /^40\/room,/);
    frames.ws.pause();
    frames.send('42/room,["flood",20000]');
    await owner.until(({ events_out }) => events_out >= 20000);
    frames.ws.resume();
    for (let i = 0; i < 20000; i++) assert.equal((await frames.text()).length, '42/room,["flood",]'.length + 1000);
    await frames.close();
  });

  test('clients that left cost no processor time', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, async () => {
      const frames = new Frames(`${other.ws}${query(await handshake(), 'websocket')}`);
      await frames.opened;
      frames.send('2probe');
      assert.equal(await frames.text(), '3probe');
      return frames;
    }));
    all.slice(5).forEach((frames) => frames.ws.terminate());
    const shares = await Promise.all([share(owner), share(other)]);
    assert.ok(Math.max(...shares) < 0.2, `a loop spins: ${shares}`);
    await Promise.all(all.slice(0, 5).map((frames) => frames.close()));
  });
});

describe('a reader that is too slow', () => {
  use(2, '--max-output', '1000000', '--ping-interval', '60000');

  test('is dropped by its owner, and let go by who passes on', async () => {
    const { body } = await request(`${owner.url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(body.slice(1));
    const frames = new Frames(`${other.ws}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '40/room,');
    assert.match(await frames.text(), /^40\/room,/);
    frames.ws._socket.pause();
    frames.send('42/room,["flood",100000]');
    await owner.until(({ slow_readers }) => slow_readers === 1);
    await other.until(({ connections }) => connections === 1);
    frames.ws._socket.resume();
    assert.equal(await frames.closed, 1006);
  });
});

describe('an owner that is killed', () => {
  test('its clients are told, and who passes on lives', async () => {
    const [mortal, passing] = await startServers(2, '--ping-interval', '60000');
    owner = mortal;
    const sids = [await handshake(), await handshake()];
    const held = poll(passing, sids[0]);
    const frames = new Frames(`${passing.ws}${query(sids[1], 'websocket')}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    await passing.until(({ passed_on }) => passed_on === 2);
    mortal.child.kill('SIGKILL');
    isUnknown(await held);
    assert.equal(await frames.closed, 1006);
    isUnknown(await poll(passing, sids[1]));
    await passing.stop();
  });

  test('one that is stopped says good-bye', async () => {
    const [mortal, passing] = await startServers(2, '--ping-interval', '60000');
    owner = mortal;
    const sids = [await handshake(), await handshake()];
    const held = poll(passing, sids[0]);
    const frames = new Frames(`${passing.ws}${query(sids[1], 'websocket')}`);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '4x');
    assert.equal(await frames.text(), '4x');
    const stopped = mortal.stop();
    assert.deepEqual([(await held).status, (await held).body], [200, '1']);
    assert.equal(await frames.closed, 1000);
    await stopped;
    await passing.stop();
  });

  test('one that passes on is stopped at once', async () => {
    const [mine, passing] = await startServers(2, '--ping-interval', '60000');
    owner = mine;
    const sids = [await handshake(), await handshake()];
    const held = poll(passing, sids[0]).catch((error) => error);
    const frames = new Frames(`${passing.ws}${query(sids[1], 'websocket')}`);
    await frames.opened;
    await passing.until(({ passed_on }) => passed_on === 2);
    await passing.stop();
    assert.ok((await held) instanceof Error);
    assert.equal(await frames.closed, 1006);
    isUnknown(await poll(mine, sids[0]));
    await mine.stop();
  });
});

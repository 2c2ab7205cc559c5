// Limits of time: a client that takes too long for anything is closed, counted, and no bother to the others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Server } from './lib/server.mjs';
import { Frames, request } from './lib/talk.mjs';

const GET = 'GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n';

// A connection; `gone` resolves with all that came until the server closed it.
async function connect(server, bytes = '') {
  const socket = net.connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => (text += chunk));
  socket.gone = new Promise((resolve) => socket.on('close', () => resolve(text)));
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

// Writes the text a byte at a time, for as long as somebody takes it.
function trickle(socket, text) {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]), 15);
  socket.on('close', () => clearInterval(timer));
}

// Asserts that the server closes the socket, and raises that counter alone.
async function closedBy(server, counter, socket, first) {
  const text = await socket.gone;
  const last = await server.counters();
  for (const name of ['header_timeouts', 'request_timeouts', 'response_timeouts', 'keep_alive_timeouts', 'connect_timeouts', 'upgrade_timeouts'])
    assert.equal(last[name] - first[name], name === counter ? 1 : 0, name);
  assert.equal(last.refused - first.refused, counter === 'keep_alive_timeouts' ? 0 : 1);
  return text;
}

describe('requests', () => {
  let server;
  before(async () => {
    server = await Server.start('--ping-interval', '60000', '--connect-timeout', '60000',
      '--header-timeout', '400', '--request-timeout', '800', '--response-timeout', '1200', '--keep-alive', '600', '--max-payload', '30000000');
  });
  after(() => server.stop());

  test('a connection that says nothing', async () => {
    const first = await server.counters();
    assert.equal(await closedBy(server, 'header_timeouts', await connect(server), first), '');
  });

  test('a head that comes byte by byte: the time counts from the start, not from the last byte', async () => {
    const first = await server.counters();
    const socket = await connect(server, 'GET / HTTP/1.1\r\nX: ');
    trickle(socket, 'x');
    assert.equal(await closedBy(server, 'header_timeouts', socket, first), '');
  });

  test('many of them are no bother to one who is quick', async () => {
    const first = await server.counters();
    const slow = await Promise.all(Array.from({ length: 200 }, () => connect(server, 'GET / HT')));
    slow.forEach((socket) => trickle(socket, 'x'));
    const { header_timeouts } = await server.counters();
    assert.equal(header_timeouts, first.header_timeouts, 'they are still there');
    await Promise.all(slow.map((socket) => socket.gone));
    assert.equal((await server.counters()).header_timeouts, first.header_timeouts + 200);
  });

  test('a body that comes byte by byte', async () => {
    const first = await server.counters();
    const socket = await connect(server, 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    trickle(socket, 'x');
    assert.equal(await closedBy(server, 'request_timeouts', socket, first), '');
  });

  test('a body of a session that never comes: the session is gone, too', async () => {
    const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
    const path = `/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
    const first = await server.counters();
    const socket = await connect(server, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4`);
    await closedBy(server, 'request_timeouts', socket, first);
    assert.equal((await request(server.url + path)).status, 400);
  });

  test('an answer that is not taken', async () => {
    const size = 25000000; // more than both kernels hold
    const first = await server.counters();
    const socket = await connect(server);
    socket.pause();
    socket.write(`POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size, 'x'));
    await server.until(({ response_timeouts }) => response_timeouts > first.response_timeouts);
    socket.resume();
    await closedBy(server, 'response_timeouts', socket, first);
  });

  test('a connection that is kept and not used again', async () => {
    const first = await server.counters();
    const socket = await connect(server, GET);
    assert.match(await closedBy(server, 'keep_alive_timeouts', socket, first), /^HTTP\/1\.1 200 /);
  });

  test('a second head that comes byte by byte', async () => {
    const first = await server.counters();
    const socket = await connect(server, GET);
    await once(socket, 'data');
    trickle(socket, 'GET / HTTP/1.1\r\nX: x'.padEnd(4000, 'x'));
    assert.match(await closedBy(server, 'keep_alive_timeouts', socket, first), /^HTTP\/1\.1 200 /);
  });

  test('one that uses its connection in time keeps it', async () => {
    const socket = await connect(server);
    for (let i = 0; i < 8; i++) {
      socket.write(GET);
      const [answer] = await once(socket, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 200 .*\r\nConnection: keep-alive\r\n/s);
      // Twice as long as the head may take, in all.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    socket.destroy();
  });

  test('a held GET and an idle WebSocket are outside of all of these', async () => {
    const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
    const url = `${server.url}/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
    const held = request(url);
    const frames = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
    await frames.text();
    // One that comes after them is closed by the longest of the times first.
    const socket = await connect(server, GET);
    await socket.gone;
    await (await connect(server, 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n4')).gone;
    frames.send('4still');
    assert.equal(await frames.text(), '4still');
    await request(url, { method: 'POST', body: '4here', headers: { 'Content-Length': 5 } });
    assert.equal((await held).body, '4here');
    await frames.close();
  });
});

describe('sessions', () => {
  let server;
  before(async () => {
    server = await Server.start('--ping-interval', '60000', '--connect-timeout', '300', '--upgrade-timeout', '600');
  });
  after(() => server.stop());

  for (const transport of ['websocket', 'polling']) {
    test(`a ${transport} session that joins no namespace`, async () => {
      const first = await server.counters();
      if (transport === 'websocket') {
        const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
        await frames.text();
        await frames.closed;
      } else {
        const { body } = await request(`${server.url}/socket.io/?EIO=4&transport=polling`);
        const held = await request(`${server.url}/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`);
        assert.equal(held.body, '1');
      }
      const last = await server.counters();
      assert.equal(last.connect_timeouts, first.connect_timeouts + 1);
      assert.equal(last.refused, first.refused + 1);
      assert.equal(last.ping_timeouts, first.ping_timeouts);
    });
  }

  test('one that joins stays', async () => {
    const first = await server.counters();
    const good = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    await good.text();
    good.send('40');
    await good.message();
    const late = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    await late.closed;
    good.send('421["message-with-ack",1]');
    assert.match(await good.message(), /auth/);
    assert.equal(await good.message(), '431[1]');
    assert.equal((await server.counters()).connect_timeouts, first.connect_timeouts + 1);
    await good.close();
  });

  test('an upgrade that is begun and left', async () => {
    const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
    const sid = JSON.parse(body.slice(1)).sid;
    const first = await server.counters();
    const probe = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket&sid=${sid}`);
    probe.ws.on('open', () => probe.send('2probe'));
    assert.equal(await probe.text(), '3probe');
    await probe.closed;
    assert.equal((await server.counters()).upgrade_timeouts, first.upgrade_timeouts + 1);
    const url = `${server.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`;
    await request(url, { method: 'POST', body: '4on', headers: { 'Content-Length': 3 } });
    assert.equal((await request(url)).body, '4on');
  });
});

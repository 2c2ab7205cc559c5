// What a server knows of a client's first request, whom it refuses, and how it ends a connection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, refusedUpgrade, request } from './lib/talk.mjs';

let server;
const sockets = [];

before(async () => (server = await Server.start('--ping-interval', '20000', '--ping-timeout', '20000')));
after(() => server.stop());
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

function client(namespace, options) {
  const socket = io(server.url + namespace, { forceNew: true, reconnection: false, ...options });
  sockets.push(socket);
  return socket;
}

const transports = [['polling'], ['websocket'], ['polling', 'websocket']];

describe('the handshake', () => {
  for (const transport of transports) {
    test(`over ${transport}`, async () => {
      const socket = client('/control', {
        transports: transport,
        query: { who: 'ä & "b"', empty: '' },
        auth: { token: [1, 'x'] },
        extraHeaders: { 'X-First': 'one', 'x-second': 'two, 2', 'x-third': 'three', 'User-Agent': 'a "browser"' },
      });
      const before = Date.now();
      const got = await socket.emitWithAck('handshake');
      assert.deepEqual(got.auth, { token: [1, 'x'] });
      const query = new URLSearchParams(got.query);
      assert.equal(query.get('who'), 'ä & "b"');
      assert.equal(query.get('empty'), '');
      assert.equal(query.get('EIO'), '4');
      assert.equal(query.get('transport'), transport[0]);
      assert.equal(query.has('sid'), false);
      assert.equal(got.who, ''); // does not fit: nine bytes with its end, and there is room for eight
      assert.equal(got.agent, 'a "browser"');
      const headers = new Map(got.headers.trim().split('\n').map((line) => line.split(/: (.*)/)));
      assert.equal(headers.get('host'), `127.0.0.1:${server.port}`);
      assert.equal(headers.get('x-first'), 'one');
      assert.equal(headers.get('x-second'), 'two, 2');
      assert.equal(headers.get('user-agent'), 'a "browser"');
      assert.equal(got.address, '127.0.0.1');
      assert.equal(got.secure, 0);
      assert.equal(got.cross, 0);
      assert.ok(Math.abs(got.time - before) < 600000);
    });
  }

  test('is forgotten but for the address when the option says so', async () => {
    const forgetful = await Server.start('--ping-interval', '20000', '--forget-handshake', '1');
    for (const transport of transports) {
      const socket = io(`${forgetful.url}/control`,
        { forceNew: true, reconnection: false, transports: transport, query: { who: 'me' }, auth: { token: 1 } });
      const { query, headers, auth, who, address } = await socket.emitWithAck('handshake');
      assert.deepEqual({ query, headers, auth, who, address },
        { query: '', headers: '', auth: {}, who: '', address: '127.0.0.1' });
      socket.disconnect();
    }
    const refused = io(forgetful.url, { forceNew: true, reconnection: false, query: { refuse: 'no' } });
    assert.equal((await once(refused, 'connect_error'))[0].description, 403);
    await forgetful.stop();
  });

  test('from another origin, without auth; a lookup decodes', async () => {
    const socket = client('/control', { query: { who: 'a+b c' }, extraHeaders: { origin: 'http://a.test' } });
    const got = await socket.emitWithAck('handshake');
    assert.equal(got.cross, 1);
    assert.deepEqual(got.auth, {});
    assert.equal(got.who, 'a+b c');
  });
});

describe('a client that is refused', () => {
  const refused = { code: 4, message: 'not "you"' };
  const query = (more) => `/socket.io/?${more}&refuse=not+%22you%22`;

  test('over polling', async () => {
    const { status, body } = await request(server.url + query('EIO=4&transport=polling'));
    assert.equal(status, 403);
    assert.deepEqual(JSON.parse(body), refused);
  });

  test('before its version is looked at, after its transport', async () => {
    assert.equal((await request(server.url + query('EIO=3&transport=polling'))).status, 403);
    const { status, body } = await request(server.url + query('EIO=4&transport=tube'));
    assert.equal(status, 400);
    assert.equal(JSON.parse(body).code, 0);
  });

  test('over WebSocket', async () => {
    assert.equal(await refusedUpgrade(server.ws + query('EIO=4&transport=websocket')), 403);
  });

  test('and nothing of it stays', async () => {
    await server.until(({ connections, sockets: n }) => connections === 1 && n === 0);
  });
});

describe('being disconnected', () => {
  for (const transport of transports) {
    for (const close of [false, true]) {
      test(`over ${transport}, ${close ? 'with' : 'without'} the transport`, async () => {
        const socket = client('/control', { transports: transport });
        const other = socket.io.socket('/room');
        other.connect();
        await Promise.all([once(socket, 'connect'), once(other, 'connect')]);
        let farewells = 0;
        socket.on('farewell', () => farewells++);
        socket.on('never', () => assert.fail('sent after the end'));
        const ended = once(socket, 'disconnect');
        const otherEnded = once(other, 'disconnect');
        const transportEnded = once(socket.io.engine, 'close');
        socket.emit('leave', close);
        assert.equal((await ended)[0], 'io server disconnect');
        assert.equal(farewells, 100);
        if (close) {
          assert.equal((await otherEnded)[0], 'io server disconnect');
          await transportEnded;
        } else {
          const shouted = once(other, 'shouted');
          const third = client('/room');
          third.emit('shout', 'still there');
          assert.deepEqual(await shouted, ['still there']);
          other.disconnect();
        }
        socket.io.engine.close();
        await server.until(({ sockets: n }) => n === (close ? 0 : 1));
      });
    }
  }

  test('frame by frame', async () => {
    const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    await frames.text();
    frames.send('40/control', '40/room,');
    assert.match(await frames.message(), /^40\/control,/);
    assert.match(await frames.message(), /^40\/room,/);
    frames.send('42/control,["leave",true]');
    for (let i = 0; i < 100; i++) assert.equal(await frames.message(), '42/control,["farewell",1]');
    assert.equal(await frames.message(), '41/control,');
    assert.equal(await frames.message(), '41/room,');
    assert.equal(await frames.next(), null);
  });
});

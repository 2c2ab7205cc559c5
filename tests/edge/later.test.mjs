// Clients and sockets about which the server decides after a while, or never.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, request } from './lib/talk.mjs';

let server;
const sockets = [];

function use(...args) {
  before(async () => (server = await Server.start('--ping-interval', '20000', '--ping-timeout', '20000', ...args)));
  after(() => server.stop());
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.disconnect());
    await server.until(({ sockets: n, connections }) => n === 0 && connections === 1);
  });
}

const url = (query) => `${server.url}/socket.io/?EIO=4&transport=polling&${query}`;
const ws = (query) => `${server.ws}/socket.io/?EIO=4&transport=websocket&${query}`;

function client(namespace, options) {
  const socket = io(server.url + namespace, { forceNew: true, reconnection: false, ...options });
  sockets.push(socket);
  return socket;
}

const transports = [['polling'], ['websocket'], ['polling', 'websocket']];

describe('a session', () => {
  use('--connect-timeout', '60000');

  for (const transport of transports) {
    test(`is given, over ${transport}`, async () => {
      const socket = client('', { transports: transport, query: { later: '30' } });
      await once(socket, 'connect');
      assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
    });
  }

  test('is not given, over polling', async () => {
    const { status, body } = await request(url('later=30&refuse=not+you'));
    assert.deepEqual([status, JSON.parse(body)], [403, { code: 4, message: 'not you' }]);
  });

  test('is not given, over WebSocket: closed, and no word before', async () => {
    const frames = new Frames(ws('later=30&refuse=not+you'));
    await frames.opened;
    assert.equal(await frames.next(), null);
    assert.equal(await frames.closed, 1008);
  });

  test('many at once, on connections that go on', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
      request(url(`later=${i % 20}${i % 3 ? '' : '&refuse=x'}`), { agent })));
    answers.forEach(({ status }, i) => assert.equal(status, i % 3 ? 200 : 403));
    assert.equal(agent.totalSocketCount, 20);
    agent.destroy();
  });

  test('a wrong version needs no decision', async () => {
    const { status, body } = await request(url('later=never').replace('EIO=4', 'EIO=3'));
    assert.deepEqual([status, JSON.parse(body).code], [400, 5]);
  });

  test('who leaves before is forgotten', async () => {
    const req = http.get(url('later=never'), { agent: false });
    req.on('error', () => {});
    const frames = new Frames(ws('later=never'));
    await frames.opened;
    await server.until(({ connections }) => connections === 3);
    req.destroy();
    frames.ws.terminate();
    await server.until(({ connections }) => connections === 1);
  });

  test('who speaks before is closed', async () => {
    const frames = new Frames(ws('later=never'));
    await frames.opened;
    frames.send('40');
    assert.equal(await frames.next(), null);
    assert.equal(await frames.closed, 1002);
  });

  test('who is decided about after having left changes nothing', async () => {
    const frames = new Frames(ws('later=50'));
    await frames.opened;
    frames.ws.terminate();
    const { status } = await request(url('later=100'));
    assert.equal(status, 200);
  });
});

describe('a session about which nobody decides', () => {
  use('--connect-timeout', '500');

  test('is refused after connect_timeout', async () => {
    const frames = new Frames(ws('later=never'));
    const { status, body } = await request(url('later=never'));
    assert.deepEqual([status, JSON.parse(body)], [403, { code: 4, message: 'Timed out' }]);
    assert.equal(await frames.next(), null);
    assert.equal(await frames.closed, 1008);
  });
});

describe('a socket', () => {
  use('--connect-timeout', '60000');

  const gather = async () => {
    const witness = client('/later');
    await once(witness, 'connect');
    return witness;
  };

  for (const transport of transports) {
    test(`is let in, over ${transport}; nothing reaches it before`, async () => {
      const witness = await gather();
      const socket = client('/later', { transports: transport, auth: { later: 100 } });
      const got = [];
      socket.onAny((...event) => got.push(event));
      await server.until(({ sockets: n }) => n === 2);
      witness.emit('call', 1);
      await once(witness, 'all');
      await once(socket, 'connect');
      witness.emit('call', 2);
      await once(socket, 'all');
      assert.deepEqual(got, [['room', 2], ['all', 2]]);
    });

    test(`is refused, over ${transport}`, async () => {
      const witness = await gather();
      const left = once(witness, 'left');
      const socket = client('/later', { transports: transport, auth: { refuse: 20 } });
      const [error] = await once(socket, 'connect_error');
      assert.equal(error.message, 'not "you"');
      assert.deepEqual(await left, ['refused']);
    });

    test(`is disconnected before, over ${transport}`, async () => {
      const socket = client('/later', { transports: transport, auth: { gone: 0 } });
      const [error] = await once(socket, 'connect_error');
      assert.equal(error.message, 'Forbidden');
    });
  }

  test('that leaves before is gone', async () => {
    const witness = await gather();
    const frames = new Frames(ws(''));
    await frames.text();
    frames.send('40/later,{"never":0}');
    await server.until(({ sockets: n }) => n === 2);
    const left = once(witness, 'left');
    frames.send('41/later');
    assert.deepEqual(await left, ['client namespace disconnect']);
    frames.send('40/later,{"later":0}');
    assert.match(await frames.message(), /^40\/later,/);
    await frames.close();
  });

  test('whose connection breaks before is gone', async () => {
    const witness = await gather();
    const frames = new Frames(ws(''));
    await frames.text();
    frames.send('40/later,{"later":100}');
    await server.until(({ sockets: n }) => n === 2);
    const left = once(witness, 'left');
    frames.ws.terminate();
    assert.deepEqual(await left, ['transport close']);
  });

  for (const [name, sent] of [['a second CONNECT', '40/later'], ['an event', '42/later,["call",1]'], ['an answer', '43/later,1[]']]) {
    test(`closes the client for ${name} before`, async () => {
      const frames = new Frames(ws(''));
      await frames.text();
      frames.send('40/later,{"never":0}', sent);
      assert.equal(await frames.next(), null);
      assert.equal(await frames.closed, 1002);
    });
  }

  test('lets the other namespaces of its client go on', async () => {
    const frames = new Frames(ws(''));
    await frames.text();
    frames.send('40/later,{"never":0}', '40');
    assert.match(await frames.message(), /^40\{/);
    assert.equal(await frames.message(), '42["auth",{}]');
    frames.send('42["message",1]');
    assert.equal(await frames.message(), '42["message-back",1]');
    await frames.close();
  });
});

describe('a socket about which nobody decides', () => {
  use('--connect-timeout', '500');

  test('is refused after connect_timeout; a client that is in nowhere is closed', async () => {
    const frames = new Frames(ws(''));
    await frames.text();
    frames.send('40/later,{"never":0}');
    assert.equal(await frames.message(), '44/later,{"message":"Timed out"}');
    assert.equal(await frames.next(), null);
  });

  test('is refused after connect_timeout; a client that is in elsewhere goes on', async () => {
    const frames = new Frames(ws(''));
    await frames.text();
    frames.send('40', '40/later,{"never":0}');
    assert.match(await frames.message(), /^40\{/);
    assert.equal(await frames.message(), '42["auth",{}]');
    assert.equal(await frames.message(), '44/later,{"message":"Timed out"}');
    frames.send('42["message",1]', '40/later,{"later":0}');
    assert.equal(await frames.message(), '42["message-back",1]');
    assert.match(await frames.message(), /^40\/later,/);
    await frames.close();
  });
});

test('an edge that stops sends away who waits', async () => {
  server = await Server.start('--ping-interval', '20000');
  const frames = new Frames(ws('later=never'));
  const held = request(url('later=never'));
  await frames.opened;
  await server.until(({ connections }) => connections === 3);
  const [{ status }] = await Promise.all([held, server.stop()]);
  assert.equal(status, 503);
  assert.equal(await frames.next(), null);
});

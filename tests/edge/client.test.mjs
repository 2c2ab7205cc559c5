// The server that the stock client's own tests ask for (--client), met by the stock client over each transport.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { Manager, io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, request } from './lib/talk.mjs';

let server;
const sockets = [];

before(async () => (server = await Server.start('--client')));
after(() => server.stop());
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

function client(namespace, options) {
  const socket = io(server.url + namespace, { forceNew: true, reconnectionDelay: 10, ...options });
  sockets.push(socket);
  return socket;
}

const asked = (socket, event, ...args) => new Promise((resolve) => socket.emit(event, ...args, resolve));
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('the handshake, after 10 ms', async () => {
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const { body } = await request(`${server.url}/socket.io/?EIO=4&transport=polling`);
    assert.ok(performance.now() - start >= 9.5, 'not before: the client tests its own time-outs with that');
    const { sid, ...rest } = JSON.parse(body.slice(1));
    assert.ok(sid);
    assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 2000, pingTimeout: 20000, maxPayload: 1000000 });
  }
});

test('the handshake of a WebSocket, after 10 ms', async () => {
  for (let i = 0; i < 5; i++) {
    const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    const start = performance.now();
    const { sid, ...rest } = JSON.parse((await frames.text()).slice(1));
    assert.ok(performance.now() - start >= 9.5);
    assert.ok(sid);
    assert.deepEqual(rest, { upgrades: [], pingInterval: 2000, pingTimeout: 20000, maxPayload: 1000000 });
    await frames.close();
  }
});

describe('in frames', () => {
  const begin = async (query = '') => {
    const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket${query}`);
    assert.match(await frames.text(), /^0/);
    return frames;
  };
  // The session's names, from the answer to CONNECT; its offset, from an event's last argument.
  const joined = (text) => /^40\{"sid":"([\w.-]+)","pid":"([\w.-]+)"\}$/.exec(text)?.slice(1) ?? assert.fail(text);
  const offset = (text, event) => new RegExp(`^42\\["${event}","([\\w.-]+)"\\]$`).exec(text)?.[1] ?? assert.fail(text);

  test('who is refused', async () => {
    const failing = await begin('&fail=1');
    failing.send('40', '40/no,', '40/nowhere', '40/foo,');
    assert.equal(await failing.message(), '44{"message":"Auth failed (main namespace)"}');
    assert.equal(await failing.message(), '44/no,{"message":"Auth failed (custom namespace)"}');
    assert.equal(await failing.message(), '44/nowhere,{"message":"Invalid namespace"}');
    assert.match(await failing.message(), /^40\/foo,\{"sid":"[\w.-]+","pid":"[\w.-]+"\}$/);
    await failing.close();
  });

  test('events have an offset, those with an ack id and answers have none', async () => {
    const frames = await begin();
    frames.send('40');
    joined(await frames.message());
    frames.send('42["hi"]', '42["hi"]');
    assert.notEqual(offset(await frames.message(), 'hi'), offset(await frames.message(), 'hi'));
    frames.send('42["ack"]');
    const [, id] = /^42(\d+)\["ack"\]$/.exec(await frames.message());
    frames.send(`43${id}[5,{"test":true}]`);
    offset(await frames.message(), 'got it');
    frames.send('427["echo",{"a" : [1]}]');
    assert.equal(await frames.message(), '437[{"a" : [1]}]');
    frames.send('42["getbin"]');
    assert.match(await frames.message(), /^451-\["takebin",\{"_placeholder":true,"num":0\},"[\w.-]+"\]$/);
    assert.deepEqual(await frames.message(), Buffer.from('asdfasdf'));
    await frames.close();
  });

  test('who comes back with pid and offset gets what it missed, and then the same sid and pid', async () => {
    const first = await begin();
    first.send('40');
    const names = joined(await first.message());
    first.send('42["hi"]', '42["hi"]', '42["getbin"]');
    const [seen, missed] = [await first.message(), await first.message()];
    const [head, bytes] = [await first.message(), await first.message()];
    first.ws.terminate();
    for (let i = 0; i < 2; i++) {
      const again = await begin();
      again.send(`40{"pid":"${names[1]}","offset":"${offset(seen, 'hi')}"}`);
      assert.deepEqual([await again.message(), await again.message(), await again.message()], [missed, head, bytes]);
      assert.deepEqual(joined(await again.message()), names);
      again.send('420["getId"]');
      assert.equal(await again.message(), `430["${names[0]}"]`);
      again.ws.terminate();
    }
  });

  test('who comes back with a pid that nobody has is somebody new', async () => {
    const frames = await begin();
    frames.send('40{"pid":"nobody","offset":"x"}');
    joined(await frames.message());
    await frames.close();
  });
});

test('a ping after 2 s', async () => {
  const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  await frames.text();
  const start = performance.now();
  assert.equal(await frames.text(), '2');
  const took = performance.now() - start;
  assert.ok(took > 1900 && took < 4000, `after ${took} ms`);
  await frames.close();
});

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  describe(`over ${transports}`, () => {
    const open = (namespace = '', options = {}) => client(namespace, { transports, ...options });

    for (const namespace of ['/', '/foo', '/timeout_socket', '/valid', '/asd', '/abc']) {
      test(`namespace ${namespace}`, async () => {
        const socket = open(namespace);
        await once(socket, 'connect');
        assert.ok(socket.id);
        assert.notEqual(socket.id, socket.io.engine.id);
        const { id } = socket;
        if (namespace === '/' || namespace === '/foo') assert.equal(await asked(socket, 'getId'), id);
      });
    }

    test('another namespace', async () => {
      const [error] = await once(open('/nowhere'), 'connect_error');
      assert.equal(error.message, 'Invalid namespace');
    });

    test('who fails in /', async () => {
      const [error] = await once(open('', { query: { fail: true } }), 'connect_error');
      assert.equal(error.message, 'Auth failed (main namespace)');
      const elsewhere = open('/foo', { query: { fail: true } });
      await once(elsewhere, 'connect');
    });

    test('who fails in /no does not come again', async () => {
      const socket = open('/no');
      let errors = 0;
      socket.on('connect_error', () => errors++);
      const [error] = await once(socket, 'connect_error');
      assert.equal(error.message, 'Auth failed (custom namespace)');
      socket.io.engine.close();
      await once(client('/foo'), 'connect');
      assert.equal(errors, 1);
    });

    test('handshake', async () => {
      const before = Date.now();
      const socket = open('/abc', {
        query: { '&a': '&=?a', e: 'ä +', empty: '' },
        auth: { a: 'b', c: [1.5, '"'] },
        extraHeaders: { 'User-Agent': 'one "agent"', 'X-First': 'a, b' },
      });
      const [got] = await once(socket, 'handshake');
      assert.deepEqual(Object.keys(got).sort(),
        ['address', 'auth', 'headers', 'issued', 'query', 'secure', 'time', 'url', 'xdomain']);
      const { t, EIO, transport, ...query } = got.query;
      assert.deepEqual(query, { '&a': '&=?a', e: 'ä +', empty: '' });
      assert.deepEqual([EIO, transport], ['4', transports[0]]);
      assert.deepEqual(got.auth, { a: 'b', c: [1.5, '"'] });
      assert.equal(got.headers['user-agent'], 'one "agent"');
      assert.equal(got.headers['x-first'], 'a, b');
      assert.equal(got.headers.host, `127.0.0.1:${server.port}`);
      assert.deepEqual([got.address, got.xdomain, got.secure], ['127.0.0.1', false, false]);
      assert.ok(Math.abs(got.issued - before) < 600000);
      assert.equal(new Date(got.time).getTime(), Math.floor(got.issued / 1000) * 1000);
      assert.ok(got.url.startsWith('/socket.io/?'));
      const params = new URLSearchParams(got.url.split('?')[1]);
      assert.equal(params.get('&a'), '&=?a');
      assert.equal(params.get('e'), 'ä +');
    });

    test('getHandshake, with the query of the address and from another origin', async () => {
      const got = await asked(open('/?c=d&e=f%26', { extraHeaders: { origin: 'http://other.test' } }), 'getHandshake');
      assert.deepEqual([got.query.c, got.query.e, got.xdomain, got.auth], ['d', 'f&', true, {}]);
    });

    test('hi', async () => {
      const socket = open();
      socket.emit('hi');
      const args = await once(socket, 'hi');
      assert.deepEqual(args.map((arg) => typeof arg), ['string'], 'nothing but the offset');
    });

    test('a socket is the same after the connection breaks', async () => {
      const socket = open();
      assert.equal(socket.recovered, false);
      socket.emit('hi'); // the first offset
      await once(socket, 'hi');
      const { id } = socket;
      socket.io.engine.close();
      await once(socket, 'connect');
      assert.deepEqual([socket.id, socket.recovered], [id, true]);
      socket.emit('hi');
      await once(socket, 'hi');
    });

    test('echo', async () => {
      const socket = open();
      for (const value of [1, 'ä', null, [1, { a: 2 }], Buffer.from([1, 2])])
        assert.deepEqual(await asked(socket, 'echo', value), value);
      assert.equal(await socket.timeout(10000).emitWithAck('echo', 42), 42);
    });

    test('echo, in order', async () => {
      const socket = open();
      const got = [];
      await Promise.all([1, 2, 3].map((n) => asked(socket, 'echo', n).then((m) => got.push(m))));
      assert.deepEqual(got, [1, 2, 3]);
    });

    test('ack', async () => {
      const socket = open();
      socket.on('ack', (answer) => answer(5, { test: true }));
      socket.emit('ack');
      await once(socket, 'got it');
      socket.off('ack').on('ack', (answer) => answer(6, { test: true }));
      socket.on('got it', () => assert.fail('that was the wrong answer'));
      socket.emit('ack');
      await once(socket, 'ack');
      await asked(socket, 'echo', 1);
    });

    test('dates', async () => {
      const socket = open();
      const before = Date.now();
      const times = [await asked(socket, 'getAckDate', { test: true })];
      socket.emit('getDate');
      times.push((await once(socket, 'takeDate'))[0]);
      socket.emit('getDateObj');
      times.push((await once(socket, 'takeDateObj'))[0].date);
      for (const time of times) {
        assert.match(time, ISO);
        assert.ok(Math.abs(Date.parse(time) - before) < 600000);
      }
    });

    test('getUtf8', async () => {
      const socket = open();
      const got = [];
      const all = new Promise((resolve) => socket.on('takeUtf8', (text) => got.push(text) === 5 && resolve()));
      socket.emit('getUtf8');
      await all;
      assert.deepEqual(got, ['てすと', 'Я Б Г Д Ж Й', 'Ä ä Ü ü ß', 'utf8 — string', 'utf8 — string']);
    });

    test('false', async () => {
      const socket = open();
      socket.emit('false');
      assert.equal((await once(socket, 'false'))[0], false);
    });

    for (const [sent, got] of [['doge', 'doge'], ['getbin', 'takebin']]) {
      test(sent, async () => {
        const socket = open();
        socket.emit(sent);
        assert.deepEqual((await once(socket, got))[0], Buffer.from('asdfasdf'));
      });
    }

    const mixed = { hello: 'lol', message: Buffer.from('howdy'), goodbye: 'gotcha' };
    for (const [name, events, wrong, answer] of [
      ['buffa', [['buffa', Buffer.from('x')]], ['buffa', 'x'], 'buffack'],
      ['jsonbuff', [['jsonbuff', mixed]], ['jsonbuff', { ...mixed, hello: '' }], 'jsonbuff-ack'],
      ['abuff', [['abuff1', Buffer.from('x')], ['abuff2', 'second']], ['abuff2', 'second'], 'abuff2-ack'],
      ['blob', [['blob', new Uint8Array([1, 2]).buffer]], ['blob', 'x'], 'back'],
      ['jsonblob', [['jsonblob', mixed]], ['jsonblob', { ...mixed, message: 'howdy' }], 'jsonblob-ack'],
      ['blobs', [['blob1', Buffer.from('x')], ['blob2', 'second'], ['blob3', Buffer.from('x')]],
        ['blob3', Buffer.from('x')], 'blob3-ack'],
    ]) {
      test(name, async () => {
        const socket = open();
        let count = 0;
        socket.on(answer, () => count++);
        socket.emit(...wrong);
        await asked(socket, 'echo', 1);
        assert.equal(count, 0);
        for (const event of events) socket.emit(...event);
        await asked(socket, 'echo', 2);
        assert.equal(count, 1);
      });
    }

    test('with retries, in order', async () => {
      const socket = open('', { retries: 3, ackTimeout: 5000 });
      const got = await Promise.all([1, 2, 3].map((n) => socket.emitWithAck('echo', n)));
      assert.deepEqual(got, [1, 2, 3]);
    });

    test('what nobody answers', async () => {
      await assert.rejects(open().timeout(50).emitWithAck('unknown'));
    });

    test('leaves and comes back', async () => {
      const socket = open();
      await once(socket, 'connect');
      socket.disconnect().connect();
      await once(socket, 'connect');
      assert.equal(await asked(socket, 'echo', 1), 1);
      socket.io.engine.close();
      await once(socket, 'connect');
      assert.equal(await asked(socket, 'echo', 2), 2);
    });

    test('namespaces come and go on one connection', async () => {
      const manager = new Manager(server.url, { transports, reconnectionDelay: 10 });
      const [root, foo, asd] = ['/', '/foo', '/asd'].map((name) => manager.socket(name));
      sockets.push(root, foo, asd);
      await Promise.all([root, foo, asd].map((socket) => once(socket, 'connect')));
      root.disconnect();
      assert.equal(await asked(foo, 'getId'), foo.id);
      const again = once(foo, 'connect');
      manager.engine.close();
      await again;
      assert.equal(await asked(foo, 'getId'), foo.id);
      assert.equal(root.connected, false);
    });
  });
}

test('an open that is given up: no error, and nothing stays', async () => {
  const socket = client('', { timeout: 0, reconnection: false });
  const [error] = await once(socket, 'connect_error');
  assert.equal(error.message, 'timeout');
  const quick = client('');
  quick.disconnect();
  quick.io.on('error', () => assert.fail('an error'));
  await server.until(({ connections, sockets: n }) => connections === 1 && n === 0);
});

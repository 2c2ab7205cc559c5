// Socket.IO v5 as EDGE_FIXTURE.md tells it, frame by frame, and with the stock client.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { closesAtOnce } from './lib/close.mjs';
import { Server } from './lib/server.mjs';
import { Frames, RS, post, request } from './lib/talk.mjs';

let server;

function use(...args) {
  before(async () => (server = await Server.start(...args)));
  after(() => server.stop());
}

async function open() {
  const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  frames.sid = JSON.parse((await frames.text()).slice(1)).sid;
  return frames;
}

async function connected() {
  const frames = await open();
  frames.send('40');
  assert.match(await frames.message(), /^40\{"sid":"[\w.-]+"\}$/);
  assert.equal(await frames.message(), '42["auth",{}]');
  return frames;
}

describe('frames', () => {
  use();

  describe('CONNECT', () => {
    for (const [sent, ns, auth] of [
      ['40', '', '{}'],
      ['40{"token":"123"}', '', '{"token":"123"}'],
      ['40/custom,', '/custom,', '{}'],
      ['40/custom', '/custom,', '{}'],
      ['40/custom,{"token":"abc"}', '/custom,', '{"token":"abc"}'],
      ['40{ "a" : [1, 2.50, "ä\\u00e4"] }', '', '{ "a" : [1, 2.50, "ä\\u00e4"] }'],
    ]) {
      test(sent, async () => {
        const frames = await open();
        frames.send(sent);
        const answer = await frames.message();
        assert.ok(answer.startsWith(`40${ns}{"sid":"`), answer);
        const { sid, ...rest } = JSON.parse(answer.slice(2 + ns.length));
        assert.deepEqual(rest, {});
        assert.notEqual(sid, frames.sid);
        assert.equal(await frames.message(), `42${ns}["auth",${auth}]`);
        await frames.close();
      });
    }

    test('two namespaces have two sids', async () => {
      const frames = await connected();
      frames.send('40/custom,');
      const answer = await frames.message();
      assert.match(answer, /^40\/custom,\{"sid":"[\w.-]+"\}$/);
      await frames.close();
    });

    test('an unknown namespace', async () => {
      const frames = await open();
      frames.send('40/random');
      assert.equal(await frames.message(), '44/random,{"message":"Invalid namespace"}');
      frames.send('40');
      assert.match(await frames.message(), /^40/);
      await frames.close();
    });

    test('refused by the namespace', async () => {
      const frames = await open();
      frames.send('40{"token":"refuse me"}');
      assert.equal(await frames.message(), '44{"message":"not \\"you\\""}');
      await closesAtOnce(server, frames, () => frames.send('42["message",1]'));
    });

    test('none within the time', async () => {
      const frames = await open();
      assert.equal(await frames.message(), null);
    });

    test('none but refused ones within the time', async () => {
      const frames = await open();
      frames.send('40/random');
      assert.match(await frames.message(), /^44/);
      assert.equal(await frames.message(), null);
    });
  });

  describe('events', () => {
    for (const args of ['', '1', '1,"2",{"3":[true]}', '"\\u20ac ä",1e400,-0,12345678901234567890', ' 1 , [ ] ']) {
      test(`message ${args}`, async () => {
        const frames = await connected();
        const rest = args.trim() ? `,${args}` : '';
        frames.send(`42["message"${rest}]`);
        assert.equal(await frames.message(), `42["message-back"${args.trim() ? `,${args.trim()}` : ''}]`);
        await frames.close();
      });
    }

    test('with an ack', async () => {
      const frames = await connected();
      frames.send('42456["message-with-ack",1,"2",{"3":[false]}]', '420["message-with-ack"]');
      assert.equal(await frames.message(), '43456[1,"2",{"3":[false]}]');
      assert.equal(await frames.message(), '430[]');
      await frames.close();
    });

    test('binary', async () => {
      const frames = await connected();
      const [one, two] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
      const p = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
      frames.send(`452-["message",${p}]`, one, two);
      assert.equal(await frames.message(), `452-["message-back",${p}]`);
      assert.deepEqual([await frames.message(), await frames.message()], [one, two]);
      frames.send(`452-789["message-with-ack",${p}]`, one, two);
      assert.equal(await frames.message(), `462-789[${p}]`);
      assert.deepEqual([await frames.message(), await frames.message()], [one, two]);
      await frames.close();
    });

    test('binary by polling', async () => {
      const base = `${server.url}/socket.io/?EIO=4&transport=polling`;
      const { sid } = JSON.parse((await request(base)).body.slice(1));
      const url = `${base}&sid=${sid}`;
      await post(url, ['40', '451-["message",{"_placeholder":true,"num":0}]', 'bAQIDBA=='].join(RS));
      const packets = (await request(url)).body.split(RS).filter((packet) => packet !== '2');
      assert.match(packets[0], /^40/);
      assert.deepEqual(packets.slice(1), [
        '42["auth",{}]', '451-["message-back",{"_placeholder":true,"num":0}]', 'bAQIDBA==']);
      await post(url, '1'); // else its end by the heartbeat would fall into another test
    });

    test('what nobody handles is ignored', async () => {
      const frames = await connected();
      frames.send('42["nobody",1]', '42[7,1]', '4399[1]', '461-5[{"_placeholder":true,"num":0}]', Buffer.from([1]));
      frames.send('40/custom,');
      assert.match(await frames.message(), /^40\/custom,/);
      await frames.message();
      frames.send('42/custom,["message",1]', '42["message",2]');
      assert.equal(await frames.message(), '42["message-back",2]');
      await frames.close();
    });
  });

  describe('DISCONNECT', () => {
    test('from /: the transport stays', async () => {
      const frames = await connected();
      frames.send('41');
      assert.equal(await frames.text(), '2');
      frames.send('3', '40');
      assert.match(await frames.message(), /^40/);
      await frames.close();
    });

    for (const leave of ['41/custom', '41/custom,']) {
      test(`${leave}: / goes on`, async () => {
        const frames = await connected();
        frames.send('40/custom,');
        await frames.message();
        await frames.message();
        frames.send(leave, '42["message",1]');
        assert.equal(await frames.message(), '42["message-back",1]');
        await closesAtOnce(server, frames, () => frames.send('42/custom,["message",1]'));
      });
    }
  });

  describe('what closes the client', () => {
    for (const [name, sent] of [
      ['no packet', '4'], ['an unknown kind', '4abc'], ['kind 7', '47'], ['an object', '42{}'], ['no payload', '42'],
      ['text behind the ack id', '42abc["x"]'], ['an unfinished payload', '42["x"'], ['two payloads', '42["x"]["y"]'],
      ['an empty array', '42[]'], ['null as a name', '42[null]'], ['an object as a name', '42[{}]'],
      ['a reserved name', '42["connect"]'], ['a reserved name in escapes', '42["\\u0064isconnect"]'],
      ['an unknown namespace', '42/random,["x"]'], ['a namespace not joined', '42/custom,["x"]'],
      ['a second CONNECT', '40'], ['CONNECT with an array', '40/custom,[]'], ['CONNECT with null', '40/custom,null'],
      ['DISCONNECT with a payload', '41{}'], ['an ack that is no array', '431{}'],
      ['CONNECT_ERROR', '44{"message":"x"}'], ['no attachments\' number', '45-["x"]'],
      ['a minus', '45-1-["x"]'], ['no minus', '451["x"]'], ['a huge ack id', '4299999999999999999999["x"]'],
      ['a bad escape', '42["message","\\x"]'], ['a bad number', '42["message",01]'],
    ]) {
      test(name, async () => {
        const frames = await connected();
        await closesAtOnce(server, frames, () => frames.send(sent));
      });
    }

    test('an event before CONNECT', async () => {
      const frames = await open();
      await closesAtOnce(server, frames, () => frames.send('42["message",1]'));
    });

    test('a stray binary frame', async () => {
      const frames = await connected();
      await closesAtOnce(server, frames, () => frames.send(Buffer.from([1])));
    });

    test('text before the last attachment', async () => {
      const frames = await connected();
      frames.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.from([1]));
      await closesAtOnce(server, frames, () => frames.send('42["message",1]'));
    });

    test('a placeholder for an attachment that is not there', async () => {
      const frames = await connected();
      await closesAtOnce(server, frames,
        () => frames.send('451-["message",{"x":[{"_placeholder":true,"num":1}]}]', Buffer.from([1])));
    });

    test('attachments of an answer that together are too large', async () => {
      const frames = await connected();
      await closesAtOnce(server, frames, () => frames.send('462-1[1]', Buffer.alloc(600000), Buffer.alloc(600000)), 1009);
    });
  });

  describe('events past a limit, after which the client goes on', () => {
    const bytes = (count, size = 1) => Array.from({ length: count }, () => Buffer.alloc(size));
    for (const [name, counter, ...sent] of [
      ['deep JSON', 'too_deep', `42["message",${'['.repeat(100000)}${']'.repeat(100000)}]`],
      ['deep JSON with an attachment', 'too_deep', `451-["message",${'['.repeat(100)}${']'.repeat(100)}]`, ...bytes(1)],
      ['eleven attachments', 'too_many_attachments', '4511-["message"]', ...bytes(11)],
      ['attachments that together are too large', 'too_large', '453-["message",1]', ...bytes(3, 600000)],
    ]) {
      test(name, async () => {
        const before = (await server.counters())[counter];
        const frames = await connected();
        frames.send(...sent, '42["message",1]');
        assert.equal(await frames.message(), '42["message-back",1]');
        assert.equal((await server.counters())[counter], before + 1);
      });
    }

    test('half of a surrogate pair comes back as it was sent; as a name it is nobody\'s', async () => {
      const frames = await connected();
      frames.send('42["message","\\ud83c"]');
      assert.equal(await frames.message(), '42["message-back","\\ud83c"]');
      frames.send('42["\\ud83c"]', '42["message",1]');
      assert.equal(await frames.message(), '42["message-back",1]');
    });
  });

  test('bad packets are counted', async () => {
    const { bad_packets } = await server.counters();
    const frames = await connected();
    await closesAtOnce(server, frames, () => frames.send('4abc'));
    assert.equal((await server.counters()).bad_packets, bad_packets + 1);
  });
});

describe('the stock client', () => {
  use('--ping-interval', '20000', '--ping-timeout', '20000');
  const sockets = [];
  afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

  function client(path = '', options = {}) {
    const socket = io(server.url + path, { forceNew: true, ...options });
    sockets.push(socket);
    return socket;
  }

  const value = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

  test('without options: polling, upgrade, events, acks', async () => {
    const socket = io(server.url);
    sockets.push(socket);
    await once(socket, 'connect');
    assert.match(socket.id, /^[\w-]+\.[\w-]+$/);
    socket.emit('message', 1, '2', { 3: [true] });
    assert.deepEqual(await value(socket, 'message-back'), [1, '2', { 3: [true] }]);
    assert.deepEqual(await socket.timeout(10000).emitWithAck('message-with-ack', 'x'), 'x');
    while (socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade');
    socket.emit('message', { bytes: [Buffer.from('hello')] });
    assert.deepEqual(await value(socket, 'message-back'), [{ bytes: [Buffer.from('hello')] }]);
  });

  for (const transport of ['polling', 'websocket']) {
    test(`${transport} alone, in order`, async () => {
      const socket = client('', { transports: [transport] });
      const got = [];
      const all = new Promise((resolve) => socket.on('message-back', (n) => got.push(n) === 200 && resolve()));
      for (let i = 0; i < 200; i++) socket.emit('message', i);
      await all;
      assert.deepEqual(got, Array.from({ length: 200 }, (_, i) => i));
      assert.equal(socket.io.engine.transport.name, transport);
    });
  }

  // A frame's head grows at 126 and 65,536 bytes; the server sends small ones together, up to 16 KiB.
  test('packets of every size about a bound, text and bytes, that leave together', async () => {
    const socket = client('', { transports: ['websocket'] });
    const sizes = [0, 1, 126, 16384, 65536].flatMap((bound) => Array.from({ length: 31 }, (_, i) => bound - i));
    const sent = sizes.filter((size) => size >= 0).flatMap((size) => ['x'.repeat(size), Buffer.alloc(size, size)]);
    const got = [];
    await once(socket, 'connect');
    const all = new Promise((resolve, reject) => {
      socket.on('message-back', (x) => got.push(x) === sent.length && resolve());
      socket.on('disconnect', reject);
    });
    for (const x of sent) socket.emit('message', x);
    await all;
    assert.deepEqual(got, sent);
  });

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    test(`${transports}: bytes in base64, for a client that wants text alone`, async () => {
      const socket = client('', { transports, forceBase64: true });
      await once(socket, 'connect');
      while (socket.io.engine.transport.name !== transports.at(-1)) await once(socket.io.engine, 'upgrade');
      for (const size of [0, 1, 2, 3, 1000, 100000]) {
        const bytes = Buffer.alloc(size, 'warren');
        assert.deepEqual(await socket.emitWithAck('message-with-ack', { bytes }), { bytes });
      }
      const raw = socket.io.engine.transport.ws;
      if (!raw) return;
      const binary = [];
      raw.onmessage = ((before) => (event) => (binary.push(typeof event.data !== 'string'), before(event)))(raw.onmessage);
      assert.deepEqual(await socket.emitWithAck('message-with-ack', Buffer.from('x')), Buffer.from('x'));
      assert.deepEqual(binary, [false, false], 'no binary frame');
    });
  }

  test('order holds through the upgrade', async () => {
    const socket = client();
    const got = [];
    const all = new Promise((resolve) => socket.on('message-back', (n) => got.push(n) === 500 && resolve()));
    socket.io.once('open', () => {
      let n = 0;
      const pour = () => {
        for (let i = 0; i < 10; i++) socket.emit('message', n++);
        if (n < 500) setImmediate(pour);
      };
      pour();
    });
    await all;
    assert.deepEqual(got, Array.from({ length: 500 }, (_, i) => i));
  });

  test('namespaces over one connection', async () => {
    const root = client();
    const custom = root.io.socket('/custom', { auth: { token: 'abc' } });
    custom.connect();
    assert.deepEqual(await value(custom, 'auth'), [{ token: 'abc' }]);
    const none = root.io.socket('/none');
    none.connect();
    const [error] = await value(none, 'connect_error');
    assert.equal(error.message, 'Invalid namespace');
    custom.disconnect();
    root.emit('message', 'still');
    assert.deepEqual(await value(root, 'message-back'), ['still']);
  });

  test('broadcast to all but one, and news of who left', async () => {
    const [a, b, c] = [client('/room'), client('/room'), client('/room')];
    await Promise.all([a, b, c].map((socket) => once(socket, 'connect')));
    const heard = Promise.all([value(b, 'shouted'), value(c, 'shouted')]);
    let own = false;
    a.once('shouted', () => (own = true));
    a.emit('shout', 'hey', { x: 1 });
    assert.deepEqual(await heard, [['hey', { x: 1 }], ['hey', { x: 1 }]]);
    const left = value(b, 'left');
    a.disconnect();
    assert.deepEqual(await left, ['client namespace disconnect']);
    assert.equal(own, false);
    const lost = value(b, 'left');
    c.io.engine.close();
    assert.match((await lost)[0], /^transport/);
  });

  test('connection refused by the namespace', async () => {
    const socket = client('', { auth: { token: 'refuse me' } });
    const [error] = await value(socket, 'connect_error');
    assert.equal(error.message, 'not "you"');
  });

  test('comes back after the connection breaks', async () => {
    const socket = client('', { transports: ['websocket'], reconnectionDelay: 10 });
    await once(socket, 'connect');
    const first = socket.id;
    socket.io.engine.transport.ws.terminate();
    await once(socket, 'connect');
    assert.notEqual(socket.id, first);
    socket.emit('message', 1);
    assert.deepEqual(await value(socket, 'message-back'), [1]);
  });
});

describe('stopping', () => {
  test('clients hear of it, and what was queued is sent', async () => {
    const stopping = await Server.start('--ping-interval', '20000');
    const socket = io(`${stopping.url}/room`, { transports: ['websocket'], reconnection: false });
    await once(socket, 'connect');
    let got = 0;
    socket.on('flood', () => got++);
    const [counters] = await Promise.all([
      stopping.until(({ events_out }) => events_out >= 1000),
      socket.emit('flood', 1000),
    ]);
    assert.ok(counters);
    const closed = once(socket, 'disconnect');
    await stopping.stop();
    assert.match((await closed)[0], /^transport/);
    assert.equal(got, 1000);
  });
});

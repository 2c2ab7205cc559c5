// Limits of size and number: what a client meets at each, which counter shows it, and that one below it is served.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, post, request, tcp } from './lib/talk.mjs';

const LIMITS = { head: 4096, payload: 2000, attachments: 2, depth: 6, rooms: 3, acks: 2 };

let server;
before(async () => {
  server = await Server.start('--ping-interval', '60000', '--connect-timeout', '60000',
    ...Object.entries(LIMITS).flatMap(([name, limit]) => [`--max-${name}`, String(limit)]));
});
after(() => server.stop());

// Runs `fn` and asserts that it raised exactly these counters, each by one, and with each the sum.
async function raises(counters, fn) {
  const first = await server.counters();
  await fn();
  const grown = (now) => Object.fromEntries(counters.map((name) => [name, now[name] - first[name]]));
  const last = await server.until((now) => counters.every((name) => now[name] > first[name]));
  assert.deepEqual(grown(last), Object.fromEntries(counters.map((name) => [name, 1])));
  assert.equal(last.refused - first.refused, 1);
}

// Sends each piece when the server has seen the one before.  Returns what comes until so many answers are there, or the end.
async function asks(pieces, answers = 1) {
  const socket = net.connect(server.port, '127.0.0.1');
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
    if (text.match(/HTTP\/1\.\d \d/g)?.length === answers) socket.end();
  });
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    socket.write(piece);
    await server.counters();
  }
  await closed;
  return text;
}

async function joined(ns = '/') {
  const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  await frames.text();
  frames.send(ns === '/' ? '40' : `40${ns}`);
  assert.match(await frames.message(), /^40/);
  if (ns === '/') assert.match(await frames.message(), /"auth"/);
  return frames;
}

async function goesOn(frames) {
  frames.send('42["message","still"]');
  assert.equal(await frames.message(), '42["message-back","still"]');
}

const raw = () => new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);

async function pollingUrl() {
  const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
  return `${server.url}/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
}

describe('the size of a message', () => {
  test('over WebSocket: as large as allowed comes back, one byte more is closed with 1009', async () => {
    const frames = raw();
    await frames.text();
    const largest = `4${'x'.repeat(LIMITS.payload - 1)}`;
    frames.send(largest);
    assert.equal(await frames.text(), largest);
    await raises(['too_large'], async () => {
      frames.send(`${largest}x`);
      assert.equal(await frames.closed, 1009);
    });
  });

  test('over WebSocket in fragments, each of them small: closed with 1009', async () => {
    const frames = raw();
    await frames.text();
    await raises(['too_large'], async () => {
      frames.ws.send('4', { fin: false });
      // The last one crosses the limit; were there more, the kernel could answer them with a reset, before the close is read.
      for (let i = 0; i < LIMITS.payload / 100; i++) frames.ws.send('x'.repeat(100), { fin: false });
      assert.equal(await frames.closed, 1009);
    });
  });

  test('over polling: as large as allowed comes back, one byte more is answered 413 and the session stays', async () => {
    const url = await pollingUrl();
    const largest = `4${'x'.repeat(LIMITS.payload - 1)}`;
    assert.equal((await post(url, largest)).status, 200);
    assert.equal((await request(url)).body, largest);
    await raises(['too_large'], async () => assert.equal((await post(url, `${largest}x`)).status, 413));
    assert.equal((await post(url, '4y')).status, 200);
    assert.equal((await request(url)).body, '4y');
  });

  test('of a route: answered 413', async () => {
    const body = 'x'.repeat(LIMITS.payload);
    assert.equal((await post(`${server.url}/body`, body)).body, body);
    await raises(['too_large'], async () => assert.equal((await post(`${server.url}/body`, `${body}x`)).status, 413));
  });

  test('of all attachments together: the event is dropped', async () => {
    const frames = await joined();
    frames.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.alloc(1000), Buffer.alloc(1000));
    assert.match(await frames.message(), /^452-\["message-back"/);
    assert.equal((await frames.message()).length, 1000);
    assert.equal((await frames.message()).length, 1000);
    await raises(['too_large'], async () => {
      frames.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.alloc(1001), Buffer.alloc(1000));
      await goesOn(frames);
    });
  });
});

describe('the head of a request', () => {
  const head = (target, extra = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${extra}\r\n`;
  const ask = (...pieces) => asks(pieces);
  const askTwo = (...pieces) => asks(pieces, 2);
  // libwebsockets notes a few bytes of its own with each unusual header.
  const SERVED = LIMITS.head - 64;
  // Of this size in all.
  const sized = (size) => head('/mirror/x', `X-Long: ${'x'.repeat(size - head('/mirror/x', 'X-Long: \r\n').length)}\r\n`);

  test('as large as allowed is served, one byte more is answered 431', async () => {
    assert.match(await ask(sized(SERVED)), /^HTTP\/1\.1 200 /);
    await raises(['heads_too_large'], async () => assert.match(await ask(sized(LIMITS.head + 1)), /^HTTP\/1\.1 431 /));
    await raises(['heads_too_large'], async () => assert.match(await ask(sized(60000)), /^HTTP\/1\.1 431 /));
  });

  test('that comes in pieces', async () => {
    assert.match(await ask(sized(SERVED).slice(0, 1000), sized(SERVED).slice(1000)), /^HTTP\/1\.1 200 /);
    await raises(['heads_too_large'], async () =>
      assert.match(await ask(sized(LIMITS.head + 1).slice(0, 1000), sized(LIMITS.head + 1).slice(1000)), /^HTTP\/1\.1 431 /));
    // What follows the last byte of its end is no head.
    const posted = `POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: ${LIMITS.payload}\r\n\r\n`;
    for (let cut = 1; cut <= 4; cut++)
      assert.match(await ask(posted.slice(0, -cut), `${posted.slice(-cut)}${'x'.repeat(LIMITS.payload)}`), /^HTTP\/1\.1 200 /);
  });

  test('behind another request on the same connection', async () => {
    await raises(['heads_too_large'], async () =>
      assert.match(await askTwo(head('/mirror/x'), sized(LIMITS.head + 1)), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 431 /));
    await raises(['bad_heads'], async () =>
      assert.match(await askTwo(head('/mirror/x'), head('/%zz')), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 /));
    assert.match(await askTwo(sized(SERVED), sized(SERVED)), /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 200 /);
  });

  test('with an escape that is none: answered 400', async () => {
    for (const target of ['/%', '/%0', '/%zz', '/%4', '/%4g', '/a%%41', '/mirror/x?a=%', '/mirror/x?a=%g1', '/mirror/x?%1=b', '/%00', '/a%00b', '/mirror/x?a=%00'])
      await raises(['bad_heads'], async () => assert.match(await ask(head(target)), /^HTTP\/1\.1 400 /, target));
    for (const target of ['/%6dirror/x', '/mirror/x?a=%25', '/mirror/x?a=%C3%A9&b=%2f%2F'])
      assert.match(await ask(head(target)), /^HTTP\/1\.1 200 /, target);
  });

  test('of a WebSocket', async () => {
    const upgrade = (extra) => head('/engine.io/?EIO=4&transport=websocket' + extra, 'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n');
    await raises(['bad_heads'], async () => assert.match(await ask(upgrade('&a=%x')), /^HTTP\/1\.1 400 /));
    await raises(['heads_too_large'], async () => assert.match(await ask(upgrade(`&a=${'x'.repeat(LIMITS.head)}`)), /^HTTP\/1\.1 431 /));
  });

  test('of more headers than libwebsockets takes: closed, and counted', async () => {
    await raises(['heads_too_large'], async () => assert.equal(await ask(head('/mirror/x', 'Accept: a\r\n'.repeat(150))), ''));
  });
});

test('one attachment too many: the event is dropped', async () => {
  const frames = await joined();
  await raises(['too_many_attachments'], async () => {
    frames.send('453-["message",{"_placeholder":true,"num":0}]', ...[1, 2, 3].map((n) => Buffer.alloc(n)));
    await goesOn(frames);
  });
});

test('JSON as deep as allowed comes back, one deeper is dropped', async () => {
  // The packet's own array is one level.
  const nested = (depth) => '['.repeat(depth - 1) + ']'.repeat(depth - 1);
  const frames = await joined();
  frames.send(`42["message",${nested(LIMITS.depth)}]`);
  assert.equal(await frames.message(), `42["message-back",${nested(LIMITS.depth)}]`);
  await raises(['too_deep'], async () => {
    frames.send(`42["message",${nested(LIMITS.depth + 1)}]`);
    await goesOn(frames);
  });
});

test('a CONNECT that is too deep, over polling: 400, and the session is gone', async () => {
  const { body } = await request(`${server.url}/socket.io/?EIO=4&transport=polling`);
  const url = `${server.url}/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
  const first = await server.counters();
  assert.equal((await post(url, `40${'{"a":'.repeat(7)}1${'}'.repeat(7)}`)).status, 400);
  assert.equal((await server.counters()).too_deep, first.too_deep + 1);
  assert.equal((await request(url)).status, 400);
});

test('the name of a namespace as long as any: refused; longer: closed', async () => {
  const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  await frames.text();
  const longest = `/${'x'.repeat(127)}`;
  frames.send(`40${longest}`);
  assert.equal(await frames.message(), `44${longest},{"message":"Invalid namespace"}`);
  await raises(['names_too_long'], async () => {
    frames.send(`40${longest}x`);
    assert.equal(await frames.closed, 1002);
  });
});

test('a socket that has all its rooms stays out of one more, and goes on', async () => {
  const socket = io(`${server.url}/room`, { forceNew: true, transports: ['websocket'] });
  await socket.emitWithAck('join', 'a b c');
  await raises(['too_many_rooms'], () => socket.emitWithAck('join', 'd'));
  const told = [];
  socket.on('told', (text) => told.push(text));
  const over = new Promise((resolve) => socket.on('over', (text) => text === 'in c' && resolve()));
  socket.emit('tell', 'd', '', 'not in d');
  socket.emit('tell', 'c', '', 'in c');
  await over;
  assert.deepEqual(told, ['in c']);
  socket.disconnect();
});

test('one question too many fails at once; an answer makes room', async () => {
  const socket = io(`${server.url}/control`, { forceNew: true, transports: ['websocket'] });
  const answers = [];
  socket.on('question', (n, answer) => answers.push(() => answer(n)));
  await raises(['too_many_acks'], async () => {
    const refused = once(socket, 'unanswered');
    for (let i = 1; i <= LIMITS.acks + 1; i++) socket.emit('ask', i);
    assert.deepEqual(await refused, ['many']);
  });
  for (const answer of answers.splice(0)) {
    const answered = once(socket, 'answered');
    answer();
    await answered;
  }
  const third = once(socket, 'question');
  socket.emit('ask', 4);
  await third;
  socket.disconnect();
});

// What waits for readers that are dropped is given back: many of them, twice, take the memory of once.
test('slow readers: dropped, counted, their memory used again; another client goes on', async () => {
  const COUNT = 20;
  const small = await Server.startWith({ ASAN_OPTIONS: 'quarantine_size_mb=1' }, '--ping-interval', '60000', '--max-output', '2000000');
  const rss = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${small.pid}/status`, 'utf8'))[1]);
  const good = new Frames(`${small.ws}/engine.io/?EIO=4&transport=websocket`);
  await good.text();
  const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
  const round = async (slow_readers) => {
    const sockets = [];
    for (let i = 0; i < COUNT; i++) {
      const socket = net.connect(small.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
        'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
      await once(socket, 'data');
      socket.pause();
      socket.write(frame('40/room,'));
      socket.write(frame('42/room,["flood",20000]'));
      good.send(`4${i}`);
      assert.equal(await good.message(), `4${i}`);
      sockets.push(socket);
    }
    await small.until((counters) => counters.slow_readers === slow_readers);
    sockets.forEach((socket) => socket.destroy());
    await small.until(({ sockets }) => sockets === 0);
    return rss();
  };
  await round(COUNT);
  const first = await round(2 * COUNT);
  const second = await round(3 * COUNT);
  assert.ok(second < first * 1.2, `grows: ${first} to ${second} KB`);
  await good.close();
  await small.stop();
});

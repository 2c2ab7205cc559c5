// What a hostile, broken or vanished client can do: nothing to the others, and nothing that stays.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, post, request, tcp } from './lib/talk.mjs';

let server;
const use = (...args) => {
  before(async () => (server = await Server.start('--ping-interval', '60000', ...args)));
  after(() => server.stop());
};

// Processor time of the server in clock ticks.
async function ticks() {
  const fields = (await readFile(`/proc/${server.pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function handshake() {
  const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
  return JSON.parse(body.slice(1)).sid;
}

describe('framing of requests', () => {
  use();
  const head = 'POST /body HTTP/1.1\r\nHost: x\r\n';
  for (const [name, status, bytes] of [
    ['POST without a length', 411, `${head}\r\n`],
    ['a chunked body', 411, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['a chunked body and a length', 400, `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`],
    ['two lengths', 400, `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
    ['a negative length', 400, `${head}Content-Length: -1\r\n\r\n`],
    ['a length that is no number', 400, `${head}Content-Length: 5x\r\n\r\nhello`],
    ['a length past all reason', 400, `${head}Content-Length: 99999999999999999999\r\n\r\nhello`],
    ['a body too large to wait for', 413, `${head}Content-Length: 900000000\r\n\r\nhello`],
    ['GET with a body', 400, 'GET /counters HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
  ]) {
    test(`${name}: answered ${status} and closed`, async () => {
      const text = await tcp(server.port, bytes);
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(text, /\r\nConnection: close\r\n/);
      assert.equal([...text.matchAll(/HTTP\/1/g)].length, 1, 'no second answer');
    });
  }

  for (const [name, bytes] of [
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.repeat(40) + '\r\n\r\n'],
    ['an endless header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100000)}\r\n\r\n`],
    ['an endless address', `GET /${'x'.repeat(100000)} HTTP/1.1\r\n\r\n`],
    ['a bad escape', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['an upgrade to HTTP/2', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n'],
  ]) {
    test(`${name}: closed`, async () => {
      const text = await tcp(server.port, bytes);
      assert.match(text, /^(HTTP\/1\.[01] 4\d\d |$)/);
      assert.equal((await server.counters()).pid, server.pid);
    });
  }

  test('a WebSocket that breaks the rules of frames', async () => {
    for (const bytes of [[0xff, 0xff, 0, 0, 0, 0], [0x81, 0x05, 0x34], [0x80, 0x80, 1, 2, 3, 4], [0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]]) {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
        'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
      await once(socket, 'data');
      socket.end(Buffer.from(bytes));
      socket.resume();
      await once(socket, 'close');
    }
    assert.equal((await server.counters()).pid, server.pid);
  });
});

describe('subprotocols of WebSocket', () => {
  use();

  const offer = (names) => new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`, { headers: { 'Sec-WebSocket-Protocol': names } });

  test('no name, and one that is too long: refused, with a status', async () => {
    for (const names of [',', 'x'.repeat(63), '"chat"']) {
      const frames = offer(names);
      await frames.closed;
      assert.match(frames.error.message, /Unexpected server response: 400/);
    }
  });

  test('the stock client that offers some is told the first, as the reference does', async () => {
    for (const protocols of [['chat'], ['b', 'a'], ['x'.repeat(62)]]) {
      const socket = io(server.url, { forceNew: true, reconnection: false, protocols, transports: ['websocket'] });
      await once(socket, 'connect');
      assert.equal(await socket.emitWithAck('message-with-ack', 1), 1);
      assert.equal(socket.io.engine.transport.ws.protocol, protocols[0]);
      socket.disconnect();
    }
    const frames = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
    await frames.text();
    assert.equal(frames.ws.protocol, '', 'nothing is left of it');
    await frames.close();
  });
});

describe('clients that leave', () => {
  use();

  test('a held GET costs no processor time afterwards', async () => {
    const span = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const sockets = [];
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`GET /engine.io/?EIO=4&transport=polling&sid=${await handshake()} HTTP/1.1\r\nHost: x\r\n\r\n`);
      sockets.push(socket);
    }
    await span(200);
    // Half of them say good-bye one way, half only the other way (they go on reading).
    sockets.forEach((socket, i) => (i % 2 ? socket.destroy() : socket.end()));
    const before = await ticks();
    const start = performance.now();
    await span(1000);
    const share = ((await ticks()) - before) * 10 / (performance.now() - start);
    assert.ok(share < 0.2, `the loop spins: ${share}`);
    sockets.forEach((socket) => socket.destroy());
  });

  test('a page that is not taken costs no processor time', async () => {
    const url = '/body';
    const body = Buffer.alloc(1000000, 'x');
    const sockets = [];
    for (let i = 0; i < 5; i++) {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.pause();
      // More requests than the kernel holds answers for, then the end of what is sent.
      for (let n = 0; n < 10; n++) {
        socket.write(`POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
        socket.write(body);
      }
      socket.end();
      sockets.push(socket);
    }
    const span = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    await span(1500);
    const before = await ticks();
    const start = performance.now();
    await span(1000);
    const share = ((await ticks()) - before) * 10 / (performance.now() - start);
    sockets.forEach((socket) => socket.destroy());
    assert.ok(share < 0.2, `the loop spins: ${share}`);
  });

  test('a thousand come and go, and nothing grows', async () => {
    // The sanitizer keeps what was freed for a while: here only little of it.
    const busy = await Server.startWith({ ASAN_OPTIONS: 'quarantine_size_mb=1' }, '--ping-interval', '60000');
    const rss = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${busy.pid}/status`, 'utf8'))[1]);
    const visit = async (n) => {
      const socket = io(busy.url, {
        forceNew: true, reconnection: false, transports: n % 2 ? ['websocket'] : ['polling', 'websocket'] });
      await once(socket, 'connect');
      await socket.emitWithAck('message-with-ack', 'x'.repeat(1000));
      if (n % 3 === 0) socket.io.engine.transport.ws?.terminate();
      socket.disconnect();
    };
    const visits = async (count) => {
      for (let i = 0; i < count; i += 20) await Promise.all(Array.from({ length: 20 }, (_, n) => visit(n)));
      await busy.until(({ sockets, connections }) => sockets === 0 && connections < 20);
      return rss();
    };
    const first = await visits(200);
    const second = await visits(1000);
    assert.ok(second < first * 1.25, `grows: ${first} to ${second} KB`);
    await busy.stop();
  });

  test('sessions that are opened and forgotten end with their pings', async () => {
    const quick = await Server.start('--ping-interval', '50', '--ping-timeout', '50');
    await Promise.all(Array.from({ length: 200 }, () => request(`${quick.url}/engine.io/?EIO=4&transport=polling`)));
    await quick.until(({ ping_timeouts }) => ping_timeouts === 200);
    await quick.stop();
  });
});

describe('slow readers', () => {
  use('--max-output', '100000');

  test('a WebSocket that does not read is dropped, and only that one', async () => {
    const good = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
    await good.text();
    const slow = net.connect(server.port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write('GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
      'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await once(slow, 'data');
    slow.pause();
    const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
    slow.write(frame('40/room,'));
    slow.write(frame('42/room,["flood",60000]'));
    await server.until(({ slow_readers }) => slow_readers === 1);
    good.send('4fine');
    assert.equal(await good.message(), '4fine');
    await good.close();
    await server.until(({ sockets }) => sockets === 0);
    slow.destroy();
  });

  test('a polling client that does not ask is dropped', async () => {
    const { slow_readers } = await server.counters();
    const url = `${server.url}/engine.io/?EIO=4&transport=polling&sid=${await handshake()}`;
    await post(url, `4${'x'.repeat(60000)}`);
    const { status } = await post(url, `4${'x'.repeat(60000)}`);
    assert.equal(status, 200);
    assert.equal((await server.counters()).slow_readers, slow_readers + 1);
    assert.equal((await request(url)).status, 400);
  });
});

describe('places', () => {
  test('no more connections than allowed; who leaves makes room', async () => {
    const small = await Server.start('--max-connections', '3', '--ping-interval', '60000');
    const url = `${small.ws}/engine.io/?EIO=4&transport=websocket`;
    const guests = [new Frames(url), new Frames(url), new Frames(url)];
    for (const guest of guests) assert.match(await guest.text(), /^0/);
    const refused = await tcp(small.port, '');
    assert.match(refused, /^HTTP\/1\.1 503 /);
    await guests[0].close();
    for (;;) {
      const next = new Frames(url);
      if (await next.text()) {
        await next.close();
        break;
      }
    }
    await Promise.all([guests[1].close(), guests[2].close()]);
    assert.ok((await small.counters()).refused_full >= 1);
    await small.stop();
  });

  test('a busy port is said, at once', async () => {
    const first = await Server.start();
    const bin = path.join(process.env.WARREN_BIN ?? 'build/bin', 'edge_fixture_server');
    const [code, text] = await new Promise((resolve) =>
      execFile(bin, ['--port', String(first.port)], (error, out, errors) => resolve([error?.code, errors])));
    assert.equal(code, 1);
    assert.match(text, new RegExp(`port ${first.port} .*in use`));
    await first.stop();
  });
});

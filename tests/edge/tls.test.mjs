// The edge over TLS: the same protocol, certificates that change while it runs, and clients that do not do as they should.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, post, request, tcp, trust } from './lib/talk.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'warren-tls-'));
const file = (name) => path.join(folder, name);
const certificate = file('server.pem');
const key = file('server.key');
const TLS = ['--tls-certificate', certificate, '--tls-key', key];
const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
let ca;

const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

// Makes a pair that the authority has signed, which its serial number tells from others.
function makePair(serial, algorithm = EC) {
  openssl('req', '-newkey', ...algorithm, '-nodes', '-keyout', `${serial}.key`, '-out', `${serial}.csr`, '-subj', '/CN=localhost');
  openssl('x509', '-req', '-in', `${serial}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', String(serial), '-days', '2',
    '-extfile', 'names', '-out', `${serial}.pem`);
}

// Puts a pair where the server looks.
function install(serial, keySerial = serial) {
  copyFileSync(file(`${serial}.pem`), certificate);
  copyFileSync(file(`${keySerial}.key`), key);
}

before(() => {
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', '-x509', '-newkey', ...EC, '-nodes', '-days', '2', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  ca = readFileSync(file('ca.pem'));
  trust(ca);
  for (const serial of [1, 2, 3]) makePair(serial);
  makePair(4, ['rsa:2048']);
  install(1);
});
after(() => rmSync(folder, { recursive: true }));

async function connect(server, options = {}) {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca, ...options });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

// The serial number that a new connection is shown.
async function serial(server) {
  const socket = await connect(server);
  const number = parseInt(socket.getPeerCertificate().serialNumber, 16);
  socket.destroy();
  return number;
}

async function reload(server) {
  const line = once(server.lines, 'line');
  server.child.kill('SIGHUP');
  return (await line)[0];
}

async function pollingPath(server) {
  const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
  return `/engine.io/?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
}

describe('the protocol', () => {
  let server;
  before(async () => (server = await Server.start('--ping-interval', '60000', '--max-payload', '30000000', ...TLS)));
  after(() => server.stop());

  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
    test(`the stock client over ${transports}`, async () => {
      const socket = io(server.url, { ca, forceNew: true, reconnection: false, transports });
      socket.on('connect_error', (error) => assert.fail(error));
      await once(socket, 'connect');
      if (transports.length > 1 && socket.io.engine.transport.name === 'polling')
        await new Promise((resolve) => socket.io.engine.once('upgrade', resolve));
      const large = 'x'.repeat(900000);
      const answer = await new Promise((resolve) => socket.emit('message-with-ack', 1, large, Buffer.from('é'), (...args) => resolve(args)));
      assert.deepEqual(answer, [1, large, Buffer.from('é')]);
      socket.disconnect();
      const control = io(`${server.url}/control`, { ca, forceNew: true, reconnection: false, transports });
      const { secure } = await control.emitWithAck('handshake');
      assert.equal(secure, 1);
      control.disconnect();
    });

  test('many messages at once come back in order', async () => {
    const frames = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
    await frames.text();
    const messages = Array.from({ length: 500 }, (_, n) => `4${n}${'x'.repeat(n * 7)}`);
    frames.send(...messages);
    for (const message of messages) assert.equal(await frames.text(), message);
    await frames.close();
  });

  test('an answer that is taken late comes whole', async () => {
    const body = Buffer.alloc(25000000, 'abcdefg');
    const socket = await connect(server);
    socket.write(`POST /body HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
    await once(socket, 'readable');
    // Requests of others meanwhile: until the kernels have no more room, and some after that.
    for (let i = 0; i < 50; i++) await server.counters();
    const chunks = [];
    for await (const chunk of socket) chunks.push(chunk);
    const answer = Buffer.concat(chunks);
    assert.ok(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(body));
  });

  test('a head that is too large, or malformed, is refused by libwebsockets alone', async () => {
    const ask = async (head) => {
      const socket = await connect(server);
      socket.write(head);
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    const { heads_too_large, refused } = await server.counters();
    assert.equal(await ask(`GET /mirror/x HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17000)}\r\n\r\n`), '');
    const counters = await server.counters();
    assert.deepEqual([counters.heads_too_large, counters.refused], [heads_too_large + 1, refused + 1]);
    assert.match(await ask('GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.0 403 /);
  });

  test('TLS 1.2 and 1.3, nothing older; HTTP/1.1 alone', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const socket = await connect(server, { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
      assert.equal(socket.getProtocol(), version);
      assert.equal(socket.alpnProtocol, 'http/1.1');
      socket.destroy();
    }
    const old = tls.connect({ host: '127.0.0.1', port: server.port, ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    const [error] = await once(old, 'error');
    assert.match(error.code, /PROTOCOL_VERSION/);
  });

  test('who speaks no TLS is closed at once, and nobody else minds', async () => {
    for (const bytes of ['GET /counters HTTP/1.1\r\nHost: x\r\n\r\n', 'x', '\x16\x03\x01\xff\xff'.repeat(5000)]) {
      const text = await tcp(server.port, bytes + '\r\n'.repeat(20));
      assert.doesNotMatch(text, /HTTP/);
    }
    assert.equal((await server.counters()).header_timeouts, 0);
  });

  test('two requests in one record: the first is answered, and the connection closed', async () => {
    const socket = await connect(server);
    const get = 'GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(get + get);
    let text = '';
    for await (const chunk of socket) text += chunk;
    assert.equal([...text.matchAll(/HTTP\/1\.1 200 /g)].length, 1);
  });

  test('a connection is kept from one request to the next', async () => {
    const socket = await connect(server);
    for (let i = 0; i < 3; i++) {
      socket.write('GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 .*keep-alive/s);
    }
    socket.destroy();
  });
});

describe('clients that leave', () => {
  let server;
  before(async () => (server = await Server.start('--ping-interval', '60000', ...TLS)));
  after(() => server.stop());

  const ticks = () => {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };

  for (const version of ['TLSv1.2', 'TLSv1.3'])
    for (const [how, leave] of [['with a word', (socket) => socket.end()], ['without one', (socket) => socket.destroy()]])
      test(`a held GET over ${version} whose client leaves ${how}: its session goes at once, and costs nothing`, async () => {
        const sockets = [];
        for (let i = 0; i < 10; i++) {
          const socket = await connect(server, { minVersion: version, maxVersion: version });
          socket.write(`GET ${await pollingPath(server)} HTTP/1.1\r\nHost: x\r\n\r\n`);
          sockets.push(socket);
        }
        await server.until(({ sessions }) => sessions === 10);
        // A GET that came later is held when all of these are.
        const last = await connect(server);
        last.write(`GET ${await pollingPath(server)} HTTP/1.1\r\nHost: x\r\n\r\n`);
        await server.until(({ connections, sessions }) => connections === 12 && sessions === 11);
        sockets.forEach(leave);
        await server.until(({ sessions }) => sessions === 1);
        const before = ticks();
        const start = performance.now();
        await new Promise((resolve) => setTimeout(resolve, 500));
        const share = ((ticks() - before) * 10) / (performance.now() - start);
        assert.ok(share < 0.2, `the loop spins: ${share}`);
        last.destroy();
        await server.until(({ sessions }) => sessions === 0);
      });

  test('a held GET with a piece of the next request behind it is answered, and costs nothing', async () => {
    const target = await pollingPath(server);
    const socket = await connect(server);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
    socket.write('GET /mir');
    const before = ticks();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const share = ((ticks() - before) * 10) / (performance.now() - start);
    assert.ok(share < 0.2, `the loop spins: ${share}`);
    await post(server.url + target, '4hello');
    assert.match(String((await once(socket, 'data'))[0]), /\r\n\r\n4hello$/);
    socket.destroy();
  });
});

describe('time', () => {
  let server;
  before(async () => (server = await Server.start('--ping-interval', '60000', '--header-timeout', '600', ...TLS)));
  after(() => server.stop());

  async function ends(socket, first) {
    socket.on('error', () => {});
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal((await server.counters()).header_timeouts, first.header_timeouts + 1);
  }

  test('a handshake that does not begin', async () => {
    const first = await server.counters();
    await ends(net.connect(server.port, '127.0.0.1'), first);
  });

  test('a handshake that comes byte by byte', async () => {
    const first = await server.counters();
    // The first bytes of a ClientHello that says it has 500.
    const hello = Buffer.concat([Buffer.from([0x16, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3]), Buffer.alloc(490)]);
    const socket = net.connect(server.port, '127.0.0.1');
    let at = 0;
    const timer = setInterval(() => socket.write(hello.subarray(at, ++at)), 20);
    await ends(socket, first);
    clearInterval(timer);
    assert.ok(at < 400, 'it was in the middle of it');
  });

  test('a request that does not come after the handshake', async () => {
    const first = await server.counters();
    const socket = await connect(server);
    socket.resume();
    await ends(socket, first);
  });
});

describe('certificates', () => {
  let server;
  before(async () => {
    install(1);
    server = await Server.start('--ping-interval', '60000', ...TLS);
  });
  after(() => server.stop());

  test('a new one counts for new connections; the old ones live on, and no request fails meanwhile', async () => {
    assert.equal(await serial(server), 1);
    const old = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
    await old.text();
    let over = false;
    const seen = new Set();
    const load = Array.from({ length: 4 }, async () => {
      while (!over) {
        const socket = await connect(server);
        seen.add(parseInt(socket.getPeerCertificate().serialNumber, 16));
        socket.write('GET /mirror/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
        let text = '';
        for await (const chunk of socket) text += chunk;
        assert.match(text, /^HTTP\/1\.1 200 /);
      }
    });
    for (const next of [2, 3, 2, 4, 2]) {
      install(next);
      assert.equal(await reload(server), 'reloaded');
      // The loop takes it over before it accepts what comes after this answer.
      await server.counters();
      assert.equal(await serial(server), next);
      old.send(`4${next}`);
      assert.equal(await old.text(), `4${next}`);
    }
    over = true;
    await Promise.all(load);
    assert.ok(seen.size > 1, 'there was load all the time');
    await old.close();
  });

  for (const [what, breakIt, complaint] of [
    ["another pair's key", () => install(2, 3), /server\.key: .*mismatch/],
    ['no certificate', () => writeFileSync(certificate, 'hello'), /server\.pem: no start line/],
    ['half a certificate', () => writeFileSync(certificate, readFileSync(file('2.pem')).subarray(0, 300)), /server\.pem: /],
    ['no file', () => rmSync(key), /server\.key: No such file/],
  ])
    test(`${what}: refused with the reason, and the one in use stays`, async () => {
      install(2);
      assert.equal(await reload(server), 'reloaded');
      breakIt();
      assert.match(await reload(server), complaint);
      assert.equal(await serial(server), 2);
      install(3);
      assert.equal(await reload(server), 'reloaded');
      await server.counters();
      assert.equal(await serial(server), 3);
    });
});

test('what cannot be used is an error at the start, with its reason', async () => {
  install(1);
  const bin = path.join(process.env.WARREN_BIN ?? 'build/bin', 'edge_fixture_server');
  for (const [args, complaint] of [
    [['--tls-certificate', file('none'), '--tls-key', key], /cannot use .*none: No such file/],
    [['--tls-certificate', certificate, '--tls-key', file('2.key')], /cannot use .*2\.key: .*mismatch/],
    [['--tls-certificate', key, '--tls-key', key], /cannot use .*server\.key: no start line/],
    [['--tls-certificate', certificate], /TLS needs a certificate and its key/],
    [['--tls-key', key], /TLS needs a certificate and its key/],
  ]) {
    const [code, text] = await new Promise((resolve) => execFile(bin, args, (error, out, errors) => resolve([error?.code, errors])));
    assert.equal(code, 1);
    assert.match(text, complaint);
  }
});

// Connections and sessions of one address, and whose they are behind a load balancer.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startServers } from './lib/cluster.mjs';
import { Server } from './lib/server.mjs';
import { Frames, post } from './lib/talk.mjs';

const HANDSHAKE = '/engine.io/?EIO=4&transport=polling';

// A GET from one of this machine's addresses; the counters are asked for from another.
function get(server, from, target, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port: server.port, path: target, localAddress: from, agent: false, headers }, (res) => {
      let body = '';
      res.on('data', (chunk) => (body += chunk));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body }));
    }).on('error', reject);
  });
}

const say = (server, target, body) => post(`${server.url}${target}`, body);

async function connection(server, from) {
  const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress: from });
  await once(socket, 'connect');
  return socket;
}

// Whether the connection is served.
async function serves(socket) {
  socket.write('GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n');
  return String((await once(socket, 'data'))[0]).slice(9, 12);
}

describe('two for each address', () => {
  let server;
  before(async () => (server = await Server.start('--ping-interval', '60000', '--max-per-address', '2')));
  after(() => server.stop());

  test('connections: a third is answered 429 and closed, another address is served, who leaves makes room', async () => {
    const first = await server.counters();
    const guests = [await connection(server, '127.0.0.2'), await connection(server, '127.0.0.2')];
    for (const guest of guests) assert.equal(await serves(guest), '200');
    const third = await connection(server, '127.0.0.2');
    assert.match(String((await once(third, 'data'))[0]), /^HTTP\/1\.1 429 /);
    await once(third, 'close');
    const other = await connection(server, '127.0.0.3');
    assert.equal(await serves(other), '200');
    const last = await server.counters();
    assert.equal(last.refused_address - first.refused_address, 1);
    assert.equal(last.refused - first.refused, 1);
    guests[0].destroy();
    await server.until(({ connections }) => connections === 3);
    const next = await connection(server, '127.0.0.2');
    assert.equal(await serves(next), '200');
    [guests[1], other, next].forEach((socket) => socket.destroy());
    await server.until(({ connections }) => connections === 1);
  });

  test('sessions over polling, which hold no connection: a third is answered 429, who leaves makes room', async () => {
    const { body } = await get(server, '127.0.0.2', HANDSHAKE);
    assert.equal((await get(server, '127.0.0.2', HANDSHAKE)).status, 200);
    const first = await server.counters();
    const refused = await get(server, '127.0.0.2', HANDSHAKE);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await server.counters()).refused_address, first.refused_address + 1);
    assert.equal((await get(server, '127.0.0.3', HANDSHAKE)).status, 200);
    // A second GET ends the session.
    const sid = `${HANDSHAKE}&sid=${JSON.parse(body.slice(1)).sid}`;
    await Promise.all([get(server, '127.0.0.2', sid), get(server, '127.0.0.2', sid)]);
    assert.equal((await get(server, '127.0.0.2', HANDSHAKE)).status, 200);
  });

  test('who is no trusted proxy is not believed', async () => {
    for (let i = 0; i < 2; i++)
      assert.equal((await get(server, '127.0.0.4', HANDSHAKE, { 'X-Forwarded-For': `10.0.0.${i}` })).status, 200);
    assert.equal((await get(server, '127.0.0.4', HANDSHAKE, { 'X-Forwarded-For': '10.0.0.9' })).status, 429);
  });
});

describe('behind load balancers', () => {
  let server;
  before(async () => (server = await Server.start('--ping-interval', '60000', '--max-per-address', '2',
    '--trusted-proxies', '127.0.0.8/31, 192.168.7.7')));
  after(() => server.stop());

  test('a balancer may have any number of connections', async () => {
    const sockets = [];
    for (let i = 0; i < 5; i++) sockets.push(await connection(server, '127.0.0.9'));
    for (const socket of sockets) assert.equal(await serves(socket), '200');
    sockets.forEach((socket) => socket.destroy());
  });

  test('sessions count for whom the balancer names, not for what the client claims', async () => {
    const from = (forwarded) => get(server, '127.0.0.8', HANDSHAKE, { 'X-Forwarded-For': forwarded });
    assert.equal((await from('10.0.0.1')).status, 200);
    assert.equal((await from('1.2.3.4, 10.0.0.1')).status, 200);
    assert.equal((await from('5.6.7.8,10.0.0.1')).status, 429);
    assert.equal((await from('10.0.0.1, 192.168.7.7')).status, 429, 'through two balancers');
    assert.equal((await from('10.0.0.2')).status, 200);
    assert.equal((await from('nonsense')).status, 200, "then it is the balancer's own");
  });
});

describe('through another edge', () => {
  let owner, other;
  before(async () => ([owner, other] = await startServers(2, '--ping-interval', '60000', '--max-per-address', '2',
    '--trusted-proxies', '127.0.0.8')));
  after(() => Promise.all([owner, other].map((server) => server?.stop())));
  const from = (server, forwarded, target = HANDSHAKE) => get(server, '127.0.0.8', target, { 'X-Forwarded-For': forwarded });
  const begin = async (forwarded) => `${HANDSHAKE}&sid=${JSON.parse((await from(owner, forwarded)).body.slice(1)).sid}`;

  test('connections count where they are made, and not again at the owner', async () => {
    const polls = [await begin('10.1.0.1'), await begin('10.1.0.2'), await begin('10.1.0.3')];
    const before = await owner.counters();
    const held = polls.map((target, i) => get(other, `127.0.0.${i ? 6 : 5}`, target));
    await other.until(({ passed_on }) => passed_on === 3);
    assert.equal((await get(other, '127.0.0.6', HANDSHAKE)).status, 429);
    for (const target of polls) assert.equal((await say(owner, target, '4x')).body, 'ok');
    for (const poll of held) assert.equal((await poll).body, '4x');
    assert.equal((await owner.counters()).refused_address, before.refused_address);
  });

  test('a session is its first request\'s, whoever else asks for it', async () => {
    const [first, second] = [await begin('10.0.0.1'), await begin('10.0.0.1')];
    assert.equal((await from(owner, '10.0.0.1')).status, 429);
    assert.equal((await say(owner, first, '4x')).body, 'ok');
    assert.equal((await from(other, '10.0.0.2', first)).body, '4x');
    const frames = new Frames(`${other.ws}${second.replace('polling', 'websocket')}`,
      { localAddress: '127.0.0.8', headers: { 'X-Forwarded-For': '10.0.0.2' } });
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    frames.send('5', '4moved');
    assert.equal(await frames.text(), '4moved');
    assert.equal((await from(owner, '10.0.0.2')).status, 200);
    assert.equal((await from(owner, '10.0.0.2')).status, 200);
    assert.equal((await from(owner, '10.0.0.1')).status, 429);
    const { sessions } = await owner.counters();
    await frames.close();
    await owner.until((counters) => counters.sessions === sessions - 1);
    assert.equal((await from(owner, '10.0.0.1')).status, 200);
    assert.equal((await from(owner, '10.0.0.1')).status, 429);
    assert.equal((await from(owner, '10.0.0.2')).status, 429);
  });
});

test('what is no address is an error at the start', async () => {
  const bin = path.join(process.env.WARREN_BIN ?? 'build/bin', 'edge_fixture_server');
  for (const bad of ['10.0.0.0/33', '10.0.0', '::1/129', '10.0.0.0/', 'x']) {
    const [code, text] = await new Promise((resolve) =>
      execFile(bin, ['--trusted-proxies', bad], (error, out, errors) => resolve([error?.code, errors])));
    assert.equal(code, 1);
    assert.match(text, new RegExp(`neither an address nor a network: ${bad}`));
  }
});

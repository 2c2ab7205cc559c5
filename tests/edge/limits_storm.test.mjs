// All clients come at once, as after a restart: they are let in at a rate, and who is in does not suffer.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames, refusedUpgrade, request } from './lib/talk.mjs';

const start = (rate, burst, ...args) => Server.start('--ping-interval', '60000', '--connect-timeout', '60000',
  '--max-handshakes', String(rate), '--handshake-burst', String(burst), ...args);

test('past the rate: 503 with Retry-After, over polling and WebSocket; a known session is served', async () => {
  const server = await start(1, 3);
  const url = `${server.url}/engine.io/?EIO=4&transport=polling`;
  const good = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
  await good.text();
  const { body } = await request(url);
  await request(url);
  const refused = await request(url, { headers: { Origin: 'http://page' } });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal(refused.headers['access-control-allow-origin'], '*', 'a page may read why');
  assert.equal(await refusedUpgrade(`${server.ws}/engine.io/?EIO=4&transport=websocket`), 503);
  good.send('4on');
  assert.equal(await good.text(), '4on');
  const known = `${url}&sid=${JSON.parse(body.slice(1)).sid}`;
  assert.equal((await request(known, { method: 'POST', body: '4x', headers: { 'Content-Length': 2 } })).status, 200);
  assert.equal((await request(known)).body, '4x');
  const { refused_storm, refused: sum, sessions } = await server.counters();
  assert.deepEqual({ refused_storm, sum, sessions }, { refused_storm: 2, sum: 2, sessions: 3 });
  // What the header said holds.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal((await request(url)).status, 200);
  await good.close();
  await server.stop();
});

test('what is wrong with a request is said whatever the rate', async () => {
  const server = await start(1, 1);
  const url = `${server.url}/engine.io/?EIO=4&transport=polling`;
  assert.equal((await request(url)).status, 200);
  assert.equal((await request(`${url}&sid=nobody`)).status, 400);
  assert.equal((await request(url, { method: 'POST', body: '', headers: { 'Content-Length': 0 } })).status, 400);
  await server.stop();
});

test('three thousand at once: an old session is answered throughout, and all get in', async () => {
  const COUNT = 3000;
  const server = await start(1000, 500, '--ping-interval', '1000', '--ping-timeout', '5000');
  const old = new Frames(`${server.ws}/engine.io/?EIO=4&transport=websocket`);
  await old.text();
  const crowd = spawn(process.execPath, [path.join(import.meta.dirname, 'lib/storm.mjs'), String(server.port), String(COUNT)],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(crowd, 'exit');
  let over = false;
  const end = Promise.race([once(readline.createInterface({ input: crowd.stdout }), 'line'), exit]).finally(() => (over = true));
  await server.until(({ refused_storm }) => refused_storm > 0);
  const seen = await server.counters();
  assert.ok(seen.sessions < COUNT, 'in the middle of it');
  let answered = 0;
  while (!over) {
    old.send(`4${answered}`);
    assert.equal(await old.message(), `4${answered}`);
    answered++;
  }
  assert.ok(answered >= 10, `${answered} answers meanwhile`);
  const [line] = await end;
  const { refused } = JSON.parse(line);
  const last = await server.counters();
  assert.equal(last.handshakes, COUNT + 1);
  assert.equal(last.refused_storm, refused);
  crowd.stdin.end();
  await exit;
  await old.close();
  await server.stop();
});

test('stock clients come again by themselves', async () => {
  const server = await start(20, 5);
  const sockets = Array.from({ length: 30 }, (_, n) => io(server.url,
    { forceNew: true, reconnectionDelay: 200, transports: n % 2 ? ['websocket'] : ['polling', 'websocket'] }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  assert.ok((await server.counters()).refused_storm > 0);
  sockets.forEach((socket) => socket.disconnect());
  await server.stop();
});

test('no more sessions than connections are allowed, though polling ones hold none', async () => {
  const server = await Server.start('--ping-interval', '60000', '--max-connections', '3');
  const url = `${server.url}/engine.io/?EIO=4&transport=polling`;
  const sids = [];
  for (let i = 0; i < 3; i++) sids.push(JSON.parse((await request(url)).body.slice(1)).sid);
  const refused = await request(url);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '5');
  assert.equal((await server.counters()).refused_full, 1);
  await request(`${url}&sid=${sids[0]}`, { method: 'POST', body: '1', headers: { 'Content-Length': 1 } });
  assert.equal((await request(url)).status, 200, 'who leaves makes room');
  await server.stop();
});

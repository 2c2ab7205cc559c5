// Users: whose socket it is, and the room that a user's sockets are in.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';

let server;
const sockets = [];

before(async () => (server = await Server.start('--ping-interval', '20000', '--ping-timeout', '20000')));
after(() => server.stop());
afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.disconnect());
  await server.until(({ sockets: n }) => n === 0);
});

async function client(user) {
  const socket = io(`${server.url}/room`, { forceNew: true, reconnection: false, transports: ['websocket'] });
  sockets.push(socket);
  await once(socket, 'connect');
  if (user) assert.equal(await socket.emitWithAck('iam', user), true);
  return socket;
}

let turn = 0;

// Sends to rooms and counts who was told how often; all hear when it is over.
async function tell(to, except = '') {
  const told = sockets.map(() => 0);
  const over = sockets.map((socket, i) => {
    const count = () => told[i]++;
    socket.on('told', count);
    return once(socket, 'over').then(() => socket.off('told', count));
  });
  sockets[0].emit('tell', to, except, ++turn);
  await Promise.all(over);
  return told.join('');
}

test('a user has several sockets, a socket at most one user', async () => {
  const a = await client('bob');
  const b = await client('bob');
  const c = await client('alice');
  const d = await client();
  assert.equal(await tell('user:bob'), '1100');
  assert.equal(await tell('user:alice user:bob'), '1110');
  assert.equal(await tell('', 'user:bob'), '0011');
  assert.equal(await tell('user:'), '0000');
  assert.equal(await tell('bob'), '0000');
  assert.equal(await c.emitWithAck('iam', 'bob'), true);
  assert.equal(await c.emitWithAck('iam', 'bob'), true);
  assert.equal(await tell('user:bob'), '1110');
  assert.equal(await tell('user:alice'), '0000');
  assert.deepEqual(await Promise.all([a, c, d].map((s) => s.emitWithAck('whoami'))), ['bob', 'bob', '']);
  assert.equal(await a.emitWithAck('iam', ''), true);
  assert.equal(await a.emitWithAck('whoami'), '');
  assert.equal(await tell('user:bob'), '0110');
  b.disconnect();
  sockets.splice(1, 1);
  await server.until(({ sockets: n }) => n === 3);
  assert.equal(await tell('user:bob'), '010');
});

test('its room is no other room', async () => {
  const a = await client();
  await client('bob');
  assert.equal(await a.emitWithAck('iam', 'x'.repeat(257)), false);
  for (let i = 0; i < 100; i++) await a.emitWithAck('join', `r${i}`);
  assert.equal(await a.emitWithAck('iam', 'x'.repeat(256)), true); // is none of max_rooms
  assert.equal(await tell(`user:${'x'.repeat(256)}`), '10');
  await a.emitWithAck('part', 'r1');
  assert.equal(await a.emitWithAck('whoami'), 'x'.repeat(256));
});

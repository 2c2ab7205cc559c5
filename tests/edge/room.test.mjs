// Rooms: who is in them, and whom a broadcast reaches.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
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

async function client(rooms, options) {
  const socket = io(`${server.url}/room`, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
  sockets.push(socket);
  await once(socket, 'connect');
  await socket.emitWithAck('join', rooms);
  return socket;
}

let turn = 0;

// Sends to rooms and counts who was told how often; all hear when it is over.
async function tell(to, except = '') {
  const payload = ++turn;
  const told = sockets.map(() => 0);
  const over = sockets.map((socket, i) => {
    const count = (n) => (assert.equal(n, payload), told[i]++);
    socket.on('told', count);
    return once(socket, 'over').then(() => socket.off('told', count));
  });
  sockets[0].emit('tell', to, except, payload);
  await Promise.all(over);
  return told.join('');
}

describe('four sockets', () => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    test(`over ${transports}`, async () => {
      const a = await client('red', { transports });
      const b = await client('red blue', { transports });
      const c = await client('blue green', { transports });
      const d = await client('', { transports });
      assert.equal(await tell('red'), '1100');
      assert.equal(await tell('red blue'), '1110'); // b once
      assert.equal(await tell('red red'), '1100');
      assert.equal(await tell('none'), '0000');
      assert.equal(await tell('red none'), '1100');
      assert.equal(await tell(''), '1111');
      assert.equal(await tell('', 'red'), '0011');
      assert.equal(await tell('red blue', 'green'), '1100');
      assert.equal(await tell('red', 'red'), '0000');
      assert.equal(await tell('red blue', a.id), '0110');
      assert.equal(await tell('', `${a.id} ${d.id}`), '0110');
      assert.equal(await tell(d.id), '0001'); // its own sid
      assert.equal(await tell(`${d.id} green ${c.id}`), '0011');
      assert.equal(await tell('', 'none'), '1111');
      await b.emitWithAck('part', 'red none');
      assert.equal(await tell('red'), '1000');
      assert.equal(await tell('blue'), '0110');
      await d.emitWithAck('join', 'red red');
      assert.equal(await tell('red'), '1001');
      await d.emitWithAck('part', 'red');
      assert.equal(await tell('red'), '1000');
    });
  }

  test('another namespace is another world', async () => {
    await client('red');
    const other = io(`${server.url}/control`, { forceNew: true, transports: ['websocket'] });
    try {
      await once(other, 'connect');
      other.on('told', () => assert.fail('told in another namespace'));
      assert.equal(await tell(`${other.id} red`), '1');
    } finally {
      other.disconnect();
    }
  });
});

test('the sockets of a target join, leave and are disconnected', async () => {
  const a = await client('red');
  const b = await client('red');
  const c = await client('blue');
  const d = await client('');
  const herd = (...args) => a.emitWithAck('herd', ...args);
  await herd('join', 'red blue', b.id, 'new');
  assert.equal(await tell('new'), '1010');
  await herd('join', '', '', 'everybody');
  assert.equal(await tell('everybody'), '1111');
  await herd('part', 'everybody', d.id, 'everybody'); // the room that names them, too
  assert.equal(await tell('everybody'), '0001');
  await herd('part', 'none', '', 'red');
  assert.equal(await tell('red'), '1100');
  const gone = [b, d].map((socket) => once(socket, 'disconnect'));
  await herd('end', '', `${a.id} blue`, '');
  for (const [reason] of await Promise.all(gone)) assert.equal(reason, 'io server disconnect');
  sockets.splice(0, 4, a, c);
  assert.equal(await tell(''), '11');
});

test('who has left is in no room', async () => {
  await client('red');
  const b = await client('red blue');
  await client('blue');
  assert.equal(await tell('red blue'), '111');
  b.disconnect();
  sockets.splice(1, 1);
  await server.until(({ sockets: n }) => n === 2);
  assert.equal(await tell('red'), '10');
  assert.equal(await tell('blue'), '01');
});

test('a room is made anew after its last socket has left', async () => {
  const a = await client('red');
  for (let i = 0; i < 3; i++) {
    await a.emitWithAck('part', 'red');
    assert.equal(await tell('red'), '0');
    await a.emitWithAck('join', 'red');
    assert.equal(await tell('red'), '1');
  }
});

test('a socket stays out of one room too many', async () => {
  const a = await client('');
  const names = Array.from({ length: 101 }, (_, i) => `r${i}`);
  for (const name of names) await a.emitWithAck('join', name);
  assert.equal(await tell('r99'), '1');
  assert.equal(await tell('r100'), '0');
  await a.emitWithAck('part', 'r0');
  await a.emitWithAck('join', 'r100');
  assert.equal(await tell('r100'), '1');
});

test('volatile: what cannot go out at once is dropped', async () => {
  const a = await client('');
  let whispered = 0;
  a.on('whispered', () => whispered++);
  a.emit('whisper', 1);
  await once(a, 'over');
  assert.equal(whispered, 1); // ten were sent in one turn of the loop: the first fills the transport
});

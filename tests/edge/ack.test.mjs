// Questions of the server to a client, and what becomes of those that get no answer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';
import { Frames } from './lib/talk.mjs';

let server;
const sockets = [];

before(async () => (server = await Server.start('--ping-interval', '20000', '--ping-timeout', '20000')));
after(() => server.stop());
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));

function client(options) {
  const socket = io(`${server.url}/control`, { forceNew: true, reconnection: false, ...options });
  sockets.push(socket);
  return socket;
}

async function frames() {
  const talk = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  await talk.text();
  talk.send('40/control');
  assert.match(await talk.message(), /^40\/control,/);
  return talk;
}

for (const transports of [['polling'], ['websocket']]) {
  describe(`over ${transports}`, () => {
    test('an answer', async () => {
      const socket = client({ transports });
      socket.on('question', (a, b, answer) => answer(b, { a }));
      socket.emit('ask', 1, 'ä');
      assert.deepEqual(await once(socket, 'answered'), ['ä', { a: 1 }]);
    });

    test('an empty answer', async () => {
      const socket = client({ transports });
      socket.on('question', (answer) => answer());
      socket.emit('ask');
      assert.deepEqual(await once(socket, 'answered'), []);
    });

    test('a binary answer', async () => {
      const socket = client({ transports });
      socket.on('question', (answer) => answer({ b: Buffer.from([1, 2]) }, Buffer.from([3])));
      socket.emit('ask');
      assert.deepEqual(await once(socket, 'answered'), [{ b: Buffer.from([1, 2]) }, Buffer.from([3])]);
    });

    test('none in time', async () => {
      const socket = client({ transports });
      socket.emit('timed');
      assert.deepEqual(await once(socket, 'unanswered'), ['timeout']);
    });

    test('none any more', async () => {
      const [socket, witness] = [client({ transports }), client()];
      await once(witness, 'connect');
      const told = once(witness, 'unanswered');
      socket.on('question', () => socket.disconnect());
      socket.emit('ask');
      assert.deepEqual(await told, ['gone']);
    });
  });
}

test('many at once, answered out of order', async () => {
  const socket = client();
  const answers = [], got = [];
  const all = new Promise((resolve) => socket.on('answered', (n) => got.push(n) === 50 && resolve()));
  socket.on('question', (n, answer) => {
    answers.push(() => answer(n));
    if (answers.length === 50) answers.reverse().forEach((fn) => fn());
  });
  for (let i = 0; i < 50; i++) socket.emit('ask', i);
  await all;
  assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => 49 - i));
});

test('too many are not asked; when the client has gone each has failed once', async () => {
  const talk = await frames();
  for (let i = 0; i < 101; i++) talk.send('42/control,["ask"]');
  for (let i = 0; i < 100; i++) assert.equal(await talk.message(), `42/control,${i}["question"]`);
  assert.equal(await talk.message(), '42/control,["unanswered","many"]');
  const witness = client();
  await once(witness, 'connect');
  let gone = 0;
  witness.on('unanswered', (why) => (assert.equal(why, 'gone'), gone++));
  await talk.close();
  await server.until(({ sockets: n }) => n === 1);
  witness.on('question', (answer) => answer());
  witness.emit('ask');
  await once(witness, 'answered');
  assert.equal(gone, 100);
});

test('an answer twice, an unknown one and one without a number are ignored', async () => {
  const talk = await frames();
  talk.send('42/control,["ask",7]');
  assert.equal(await talk.message(), '42/control,0["question",7]');
  talk.send('43/control,[8]', '43/control,5[8]', '43/control,0[9]', '43/control,0[10]', '42/control,["ask"]');
  assert.equal(await talk.message(), '42/control,["answered",9]');
  assert.equal(await talk.message(), '42/control,1["question"]');
  await talk.close();
});

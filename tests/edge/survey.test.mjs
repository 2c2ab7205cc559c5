// Broadcasts that ask for answers, and broadcasts of bytes.
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
afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.disconnect());
  await server.until(({ sockets: n }) => n === 0);
});

async function client(rooms = '', options = {}) {
  const socket = io(`${server.url}/room`, { forceNew: true, reconnection: false, transports: ['websocket'], ...options });
  sockets.push(socket);
  await once(socket, 'connect');
  await socket.emitWithAck('join', rooms);
  return socket;
}

// Asks and returns who said what, and the count at the end.
async function survey(asker, room, ms, ...question) {
  const opinions = new Map();
  const note = (sid, ...said) => {
    // The question comes to the asker, too: with a way to answer, which is not a way to be told.
    if (typeof said.at(-1) === 'function' || typeof sid === 'function') return;
    assert.equal(opinions.has(sid), false, 'once each');
    opinions.set(sid, said);
  };
  asker.on('opinion', note);
  const counted = once(asker, 'counted');
  asker.emit('survey', room, ms, ...question);
  const count = await counted;
  asker.off('opinion', note);
  return { opinions, count };
}

for (const transports of [['polling'], ['websocket']]) {
  describe(`over ${transports}`, () => {
    test('all answer', async () => {
      const asker = await client('red', { transports });
      const others = [await client('', { transports }), await client('', { transports })];
      asker.on('opinion', (...said) => typeof said.at(-1) === 'function' && said.at(-1)('mine'));
      others.forEach((socket, i) => socket.on('opinion', (question, answer) => answer(question, i)));
      const { opinions, count } = await survey(asker, '', 0, 'why?');
      assert.deepEqual(count, [3, 3]);
      assert.deepEqual(opinions, new Map([[asker.id, ['mine']], [others[0].id, ['why?', 0]], [others[1].id, ['why?', 1]]]));
    });

    test('one answers with bytes, one with nothing, one not at all, and one goes', async () => {
      const asker = await client('', { transports });
      const [bytes, nothing, silent, goes] = await Promise.all(
        Array.from({ length: 4 }, () => client('red', { transports })));
      bytes.on('opinion', (answer) => answer(Buffer.from([1, 2]), { x: Buffer.from([3]) }));
      nothing.on('opinion', (answer) => answer());
      goes.on('opinion', () => goes.disconnect());
      const { opinions, count } = await survey(asker, 'red', 300);
      assert.deepEqual(count, [2, 4]);
      assert.deepEqual(opinions,
        new Map([[bytes.id, [Buffer.from([1, 2]), { x: Buffer.from([3]) }]], [nothing.id, []]]));
      assert.ok(silent.connected);
    });
  });
}

test('nobody is asked: it ends at once', async () => {
  const asker = await client();
  assert.deepEqual(await survey(asker, 'none', 60000), { opinions: new Map(), count: [0, 0] });
});

test('who goes is not waited for', async () => {
  const asker = await client();
  const goes = await client('red');
  goes.on('opinion', () => goes.disconnect());
  assert.deepEqual((await survey(asker, 'red', 3600000)).count, [0, 1]);
});

// The longest is asked first: a wait that is not its question's own ends in another order.
test('each ends in its own time', async () => {
  const asker = await client();
  const silent = [await client('one two three'), await client('two three'), await client('three')];
  const ended = [];
  const next = async () => ended.push(await once(asker, 'counted'));
  asker.emit('survey', 'one', 3600000, 'longest');
  asker.emit('survey', 'two', 300, 'longer');
  asker.emit('survey', 'three', 100, 'short');
  await next();
  await next();
  silent[0].disconnect();
  await next();
  assert.deepEqual(ended, [[0, 3], [0, 2], [0, 1]]);
});

test('several at once, with the sockets\' own questions between them', async () => {
  const asker = await client();
  const red = await client('red');
  const got = [];
  red.on('opinion', (n, answer) => setTimeout(answer, 10 * (5 - n), n));
  asker.on('opinion', (sid, n) => got.push(n));
  const counts = [];
  const all = new Promise((resolve) => asker.on('counted', (...count) => counts.push(count) === 5 && resolve()));
  for (let n = 0; n < 5; n++) asker.emit('survey', 'red', 10000, n);
  await all;
  assert.deepEqual(counts, Array(5).fill([1, 1]));
  assert.deepEqual(got.sort(), [0, 1, 2, 3, 4]);
});

test('an answer that comes late, twice, or to another socket\'s question is ignored', async () => {
  const asker = await client();
  const talk = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  await talk.text();
  talk.send('40/room');
  assert.match(await talk.message(), /^40\/room,/);
  talk.send('42/room,1["join","red"]');
  assert.equal(await talk.message(), '43/room,1[]');
  const ask = async (ms) => {
    const counted = once(asker, 'counted');
    asker.emit('survey', 'red', ms);
    const packet = await talk.message();
    const [, id] = /^42\/room,(\d+)\["opinion"\]$/.exec(packet);
    return { id: Number(id), counted };
  };
  const late = await ask(1);
  assert.deepEqual(await late.counted, [0, 1]);
  const next = await ask(10000);
  assert.equal(next.id, late.id + 1);
  talk.send(`43/room,${late.id}[1]`, `43/room,${next.id + 1}[2]`, `43/room,${next.id}[3]`, `43/room,${next.id}[4]`);
  assert.deepEqual(await next.counted, [1, 1]);
  await talk.close();
});

test('who has too many questions already has not answered', async () => {
  const asker = await client();
  const busy = await client('red');
  for (let i = 0; i < 100; i++) asker.emit('survey', 'red', 60000, i);
  let questions = 0;
  await new Promise((resolve) => busy.on('opinion', () => ++questions === 100 && resolve()));
  assert.deepEqual((await survey(asker, 'red', 60000)).count, [0, 1]);
  assert.equal(questions, 100);
});

test('bytes are shown to the others', async () => {
  const [a, b, c] = [await client(), await client('', { transports: ['polling'] }), await client()];
  a.on('shown', () => assert.fail('shown to who shows'));
  const shown = Promise.all([once(b, 'shown'), once(c, 'shown')]);
  const what = [Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(70000, 7)] }, 'text'];
  a.emit('show', ...what);
  assert.deepEqual(await shown, [what, what]);
});

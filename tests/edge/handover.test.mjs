// A client that comes back at another edge: its socket comes with it, nothing is missed and nothing comes twice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { authorized, info } from './lib/proof.mjs';
import { connected, leaveAll, numbers, range, raw, read } from './lib/recovery.mjs';
import { Server } from './lib/server.mjs';
import { post } from './lib/talk.mjs';

const names = ['a', 'b', 'c'];
let edges, senders;

before(async () => {
  edges = await Promise.all(names.map((name) =>
    Server.start('--instance', name, '--internal', '0', '--ping-interval', '20000', '--ping-timeout', '20000', '--recovery', '60000')));
  await meet();
});
after(async () => {
  await leaveAll();
  await Promise.all(edges.map((edge) => edge.stop()));
});

// Makes all edges known to each other; from here on there is a sender at each.
async function meet() {
  senders = await Promise.all(edges.map((edge) => connected(edge.url)));
  const addresses = await Promise.all(senders.map((sender) => sender.emitWithAck('peer', '', '')));
  for (const sender of senders)
    for (const [i, name] of names.entries()) await sender.emitWithAck('peer', name, addresses[i]);
}
afterEach(async () => {
  await leaveAll();
  await meet();
});

const lost = async () => (await Promise.all(edges.map((edge) => edge.counters()))).map((counters) => counters.lost);

async function begin(at = 0) {
  const frames = await raw(edges[at]);
  const { sid, pid } = await read(frames);
  assert.ok(sid.startsWith(`${names[at]}.`));
  return { frames, sid, pid };
}

async function who(frames) {
  frames.send('42/recovery,7["who"]');
  return (await read(frames)).data[0];
}

test('it comes with its sid, pid, user, rooms and what was missed', async () => {
  for (const dead of [true, false]) {
    const { frames, sid, pid } = await begin();
    await senders[0].emitWithAck('move', 'user', sid, 'bob');
    await senders[0].emitWithAck('move', 'join', sid, 'den');
    await senders[0].emitWithAck('send', 'text', sid, 0, 2);
    const { offset } = await read(frames);
    if (dead) {
      frames.ws.terminate();
      await edges[0].until(({ parked }) => parked === 1);
    }
    await senders[0].emitWithAck('send', 'binary', sid, 2, 1);
    const again = await raw(edges[1], { pid, offset, more: 1 });
    assert.deepEqual((await read(again)).data.slice(0, 2), ['n', 1]);
    assert.deepEqual((await read(again)).data.slice(0, 2), ['n', 2]);
    assert.equal((await read(again)).bytes, 'one');
    assert.equal((await read(again)).bytes, '');
    assert.deepEqual((await read(again)).data, { sid, pid });
    assert.deepEqual(await who(again), { recovered: true, user: 'bob', times: 1, auth: { pid, offset, more: 1 } });
    await senders[1].emitWithAck('send', 'room', 'den', 3, 1);
    assert.equal((await read(again)).data[1], 3);
    await senders[1].emitWithAck('send', 'room', 'user:bob', 4, 1);
    assert.equal((await read(again)).data[1], 4);
    await edges[0].until(({ parked }) => parked === 0);
    again.send('41/recovery');
    await again.close();
  }
  assert.deepEqual(await lost(), [0, 0, 0]);
});

test('what is sent where it was is passed on, in order', async () => {
  const { frames, sid, pid } = await begin();
  frames.ws.terminate();
  const sent = senders[0].emitWithAck('send', 'text', sid, 0, 500);
  const again = await raw(edges[1], { pid });
  await sent;
  await senders[0].emitWithAck('send', 'text', sid, 500, 500);
  const seen = [];
  for (let answered = false; seen.length < 1000 || !answered;) {
    const { data } = await read(again);
    if (Array.isArray(data)) seen.push(data[1]);
    else answered = !assert.deepEqual(data, { sid, pid });
  }
  assert.deepEqual(seen, range(0, 1000));
  // Changes, too.
  await senders[0].emitWithAck('move', 'join', sid, 'den');
  await senders[0].emitWithAck('move', 'user', sid, 'eve');
  while ((await who(again)).user !== 'eve');
  await senders[1].emitWithAck('send', 'room', 'den', 1000, 1);
  for (;;) {
    const { data } = await read(again);
    if (data[0] === 'n') break; // the join came before the user, or it comes when it comes
    await senders[1].emitWithAck('send', 'room', 'den', 1000, 1);
  }
  await senders[0].emitWithAck('send', 'room', sid, 1001, 1); // for one, though as a broadcast
  for (let number = 0; number !== 1001;) number = (await read(again)).data[1];
  await senders[0].emitWithAck('expel', sid);
  assert.equal(await again.message(), '41/recovery,');
  // And when it has gone, that is known where it was.
  await senders[0].emitWithAck('send', 'text', sid, 0, 3);
  await edges[0].until((counters) => counters.lost === 3);
});

test('a broadcast that reaches both edges comes once, whichever is first', async () => {
  const { frames, sid, pid } = await begin();
  await senders[0].emitWithAck('move', 'join', sid, 'den');
  frames.ws.terminate();
  await edges[0].until(({ parked }) => parked === 1);
  await senders[0].emitWithAck('send', 'id', 'den', 0, 3); // it comes with these
  const again = await raw(edges[1], { pid });
  for (let i = 0; i < 3; i++) assert.equal((await read(again)).data[1], i);
  assert.deepEqual((await read(again)).data, { sid, pid });
  await edges[0].until(({ parked }) => parked === 0);
  await senders[1].emitWithAck('send', 'id', 'den', 0, 6); // the second edge is late with three, and first with three
  for (let i = 3; i < 6; i++) assert.equal((await read(again)).data[1], i);
  await senders[0].emitWithAck('send', 'id', 'den', 3, 6); // the first is late with three, and alone with three
  for (let i = 6; i < 9; i++) assert.equal((await read(again)).data[1], i);
  await senders[0].emitWithAck('send', 'room', 'den', 9, 1); // nobody knows it at the second
  await senders[0].emitWithAck('send', 'text', sid, 10, 1);
  assert.equal((await read(again)).data[1], 10);
});

test('a broadcast that the client got before it came back does not come twice, at any edge', async () => {
  let { frames, sid, pid } = await begin();
  let offset;
  await senders[0].emitWithAck('move', 'join', sid, 'den');
  await senders[0].emitWithAck('send', 'id', 'den', 0, 3);
  for (let i = 0; i < 3; i++) ({ offset } = await read(frames));
  for (const [to, seen] of [[1, 3], [2, 4], [0, 5]]) { // that edge is late with what came before, and first with one
    frames.ws.terminate();
    frames = await raw(edges[to], { pid, offset });
    assert.deepEqual((await read(frames)).data, { sid, pid });
    await senders[to].emitWithAck('send', 'id', 'den', 0, seen + 1);
    const { data } = await read(frames);
    assert.equal(data[1], seen);
    offset = data.at(-1);
  }
  for (const sender of senders) await sender.emitWithAck('send', 'id', 'den', 0, 6); // all the way from those it left
  await senders[0].emitWithAck('send', 'text', sid, 6, 1);
  assert.equal((await read(frames)).data[1], 6);
});

test('what comes late through a room that it has left, or to whose it was, does not come', async () => {
  const { frames, sid, pid } = await begin();
  await senders[0].emitWithAck('move', 'join', sid, 'den');
  await senders[0].emitWithAck('move', 'join', sid, 'hall');
  await senders[0].emitWithAck('move', 'user', sid, 'bob');
  frames.ws.terminate();
  const again = await raw(edges[1], { pid });
  assert.deepEqual((await read(again)).data, { sid, pid });
  await senders[1].emitWithAck('move', 'leave', sid, 'den');
  await senders[1].emitWithAck('move', 'user', sid, 'eve');
  await edges[0].until(({ parked }) => parked === 0);
  for (const [number, to] of ['den', 'user:bob', 'hall', sid].entries()) await senders[0].emitWithAck('send', 'id', to, number, 1);
  assert.equal((await read(again)).data[1], 2);
  assert.equal((await read(again)).data[1], 3);
});

test('what waits to be passed on comes when the client comes back instead', async () => {
  const { frames, sid, pid } = await begin();
  frames.ws.terminate();
  const away = await raw(edges[1], { pid });
  assert.deepEqual((await read(away)).data, { sid, pid });
  await edges[0].until(({ parked }) => parked === 0);
  const before = await lost();
  edges[1].child.kill('SIGSTOP');
  await senders[0].emitWithAck('send', 'text', sid, 0, 1); // on its way
  await senders[0].emitWithAck('send', 'text', sid, 1, 5); // waits
  const home = await raw(edges[0], { pid });
  const handshakes = () => edges[0].counters().then(({ sessions }) => sessions);
  await handshakes(); // its CONNECT was read: the edges talk
  edges[1].child.kill('SIGCONT');
  const seen = [];
  for (let answered = false; seen.length < 6 || !answered;) {
    const { data } = await read(home);
    if (Array.isArray(data)) seen.push(data[1]);
    else answered = !assert.deepEqual(data, { sid, pid });
  }
  assert.deepEqual(seen, range(0, 6));
  assert.deepEqual(await lost(), before);
});

test('on to a third edge, and back', async () => {
  let { frames, sid, pid } = await begin();
  let offset, sent = 0;
  for (const to of [1, 2, 0, 2, 1, 0, 0]) {
    for (const sender of senders) { // each of them knows the sid, or who does
      if (!sid.startsWith('a') || sender === senders[0]) await sender.emitWithAck('send', 'text', sid, sent++, 1);
    }
    frames.ws.terminate();
    frames = await raw(edges[to], { pid, offset });
    for (let answered = false, seen = 0; !answered || seen < 1;) {
      const { data, offset: latest } = await read(frames);
      if (Array.isArray(data)) {
        assert.equal(data[1], sent - 1);
        offset = latest;
        seen++;
      } else {
        assert.deepEqual(data, { sid, pid });
        answered = true;
      }
    }
  }
});

test('who cannot be asked, or does not know, has a new socket', async () => {
  const { sid, pid } = await begin();
  const gone = await Server.start('--instance', 'gone', '--internal', '0', '--recovery', '60000');
  const sender = await connected(gone.url);
  const address = await sender.emitWithAck('peer', '', '');
  sender.disconnect();
  await gone.stop();
  await senders[1].emitWithAck('peer', 'gone', address);
  for (const wrong of [`nobody.${'x'.repeat(40)}`, `gone.${'x'.repeat(40)}`, `a.${'x'.repeat(40)}`, `${sid}${'x'.repeat(20)}`, `a.${'x'.repeat(700)}`, `.${'x'.repeat(40)}`]) {
    const frames = await raw(edges[1], { pid: wrong });
    const answer = await read(frames);
    assert.ok(answer.sid.startsWith('b.'), wrong);
    frames.send('41/recovery');
    await frames.close();
  }
  const again = await raw(edges[1], { pid });
  assert.equal((await read(again)).sid, sid);
});

test('a client that goes while it waits loses nothing', async () => {
  const { frames, sid, pid } = await begin();
  await senders[0].emitWithAck('send', 'text', sid, 0, 3);
  frames.ws.terminate();
  for (let i = 0; i < 20; i++) {
    const again = await raw(edges[1 + (i % 2)], { pid });
    again.ws.terminate();
    await again.closed;
  }
  const twice = await raw(edges[1], { pid: `a.${'x'.repeat(40)}` });
  twice.send('40/recovery,{}');
  await twice.closed;
  const last = await raw(edges[1], { pid });
  const seen = [];
  for (let answer = await read(last); ; answer = await read(last)) {
    if (!Array.isArray(answer.data)) {
      assert.deepEqual(answer.data, { sid, pid });
      break;
    }
    seen.push(answer.data[1]);
  }
  assert.deepEqual(seen, [0, 1, 2]);
});

// A socket that lives elsewhere is asked for here, and its client goes before the answer comes: it stays there, and what is sent
// here is passed on as before.
test('who goes while it asks leaves the way open for what is passed on, however often', async (t) => {
  const { frames, sid, pid } = await begin();
  let offset;
  frames.ws.terminate();
  let there = await raw(edges[1], { pid });
  assert.deepEqual((await read(there)).data, { sid, pid });
  await edges[0].until(({ parked }) => parked === 0);
  for (let round = 0; round < 3; round++) {
    const { sessions } = await edges[0].counters();
    const { held, release } = await hold(t, senders[0], 1, 'offer');
    const here = await raw(edges[0], { pid, offset });
    await held;
    here.ws.terminate();
    await edges[0].until((counters) => counters.sessions === sessions);
    release();
    assert.equal(await there.message(), null); // it was offered
    there = await raw(edges[1], { pid, offset });
    assert.deepEqual((await read(there)).data, { sid, pid });
    await senders[0].emitWithAck('send', 'text', sid, round, 1);
    const event = await read(there);
    assert.equal(event.data[1], round);
    ({ offset } = event);
  }
});

// What the edge of `sender` says to another goes through here, and requests of one kind wait until `release`.
async function hold(t, sender, to, what) {
  const [host, port] = (await senders[to].emitWithAck('peer', '', '')).split(':');
  const waiting = [];
  let holds = true;
  const way = net.createServer((from) => from.once('data', (bytes) => {
    const go = () => {
      const peer = net.connect(port, host);
      peer.write(bytes);
      for (const [x, y] of [[from, peer], [peer, from]]) x.on('error', () => {}).on('close', () => y.destroy()).pipe(y);
    };
    if (holds && bytes.includes(`POST /recovery/${what}`)) waiting.push(go), way.emit('held');
    else go();
  }));
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  await sender.emitWithAck('peer', names[to], `127.0.0.1:${way.address().port}`);
  t.after(() => way.close());
  return { held: once(way, 'held'), release: () => (holds = false, waiting.splice(0).forEach((go) => go())) };
}

// A text as edges say it to each other: how long it is, and it.
function letter(text) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text)]);
}

// Two names of one peer, each of which says that the other one has the socket: a client is sent on so often, and no further.
test('who is sent round in a circle has a new socket', async (t) => {
  let asked = 0;
  const circle = http.createServer((request, response) => {
    const body = letter(asked++ % 2 ? 'east' : 'west');
    request.resume().on('end', () => response.writeHead(409, { 'Content-Length': body.length,
      ...info(request.headers.authorization, 409, body) }).end(body));
  });
  circle.listen(0, '127.0.0.1');
  await once(circle, 'listening');
  t.after(() => circle.close());
  for (const name of ['east', 'west']) await senders[1].emitWithAck('peer', name, `127.0.0.1:${circle.address().port}`);
  for (let round = 1; round <= 3; round++) {
    const frames = await raw(edges[1], { pid: `east.${'x'.repeat(40)}` });
    assert.ok((await read(frames)).sid.startsWith('b.'));
    assert.equal(asked, 5 * round);
    frames.send('41/recovery');
    await frames.close();
  }
});

// A peer that is none of ours: it asks for a socket, is asked for it, and only then says that it has it.
test('who is late in saying what its answer has said before is believed', async (t) => {
  const asked = [], peer = http.createServer((request, response) => {
    request.resume().on('end', () => {
      asked.push({ path: request.url, answer: (status) => response.writeHead(status, { 'Content-Length': 0,
        ...info(request.headers.authorization, status, '') }).end() });
      peer.emit('asked');
    });
  });
  const until = async (path) => {
    while (!asked.some((one) => one.path === path)) await once(peer, 'asked');
    return asked.splice(asked.findIndex((one) => one.path === path), 1)[0];
  };
  peer.listen(0, '127.0.0.1');
  await once(peer, 'listening');
  t.after(() => (peer.close(), peer.closeAllConnections()));
  const { frames, sid, pid } = await begin();
  const home = await senders[0].emitWithAck('peer', '', '');
  await senders[0].emitWithAck('peer', 'd', `127.0.0.1:${peer.address().port}`);
  const ask = async (path, ...more) => {
    const body = Buffer.concat([letter('/recovery'), letter(pid), letter('d'), ...more]);
    return (await post(`http://${home}/recovery/${path}`, body, authorized('a', `/recovery/${path}`, { body }))).status;
  };
  frames.ws.terminate();
  const { sessions, handed_over } = await edges[0].until(({ parked }) => parked === 1);
  assert.equal(await ask('taken'), 409, 'it was not offered');
  assert.equal(await ask('offer', letter(''), Buffer.alloc(8)), 200);
  // The first edge does not know the offset that this client received last: so it is the other one's.
  const passing = await raw(edges[0], { pid, offset: 'zzzzzzzzzzz' });
  const offer = await until('/recovery/offer');
  passing.ws.terminate();
  await edges[0].until((counters) => counters.sessions === sessions);
  offer.answer(200);
  await edges[0].until((counters) => counters.handed_over === handed_over + 1);
  for (let round = 0; round < 3; round++) assert.equal(await ask('taken'), 200);
  await senders[0].emitWithAck('send', 'text', sid, 0, 1);
  (await until('/recovery/deliver')).answer(200);
  assert.deepEqual(asked, []);
  await senders[0].emitWithAck('peer', 'd', '');
});

for (const back of [2, 0]) {
  test(`it moves on, to ${names[back]}, before its first edge knows that the second one has it`, async (t) => {
    const losses = [];
    for (const sender of senders) {
      sender.on('lost', (which) => losses.push(which));
      await sender.emitWithAck('enter', 'watch');
    }
    const { held, release } = await hold(t, senders[1], 0, 'taken');
    const { frames, sid, pid } = await begin();
    await senders[0].emitWithAck('move', 'join', sid, 'den');
    frames.ws.terminate();
    await edges[0].until(({ parked }) => parked === 1);
    await senders[0].emitWithAck('send', 'text', sid, 0, 2);
    const there = await raw(edges[1], { pid });
    await held;
    await senders[0].emitWithAck('send', 'text', sid, 2, 1); // only a has this
    for (const sender of senders.slice(0, 2)) await sender.emitWithAck('send', 'id', 'den', 3, 1);
    let offset;
    for (const seen = []; !seen.includes(3);) {
      const event = await read(there);
      if (Array.isArray(event.data)) seen.push(event.data[1]), ({ offset } = event);
    }
    there.ws.terminate();
    await edges[1].until(({ parked }) => parked === 1);
    const last = await raw(edges[back], { pid, offset });
    if (back) {
      assert.deepEqual((await read(last)).data, { sid, pid });
      release(); // now a passes it on, over b
      assert.equal((await read(last)).data[1], 2);
    } else {
      assert.equal((await read(last)).data[1], 2);
      assert.deepEqual((await read(last)).data, { sid, pid });
      release();
    }
    await senders[0].emitWithAck('send', 'text', sid, 4, 1);
    assert.equal((await read(last)).data[1], 4);
    for (const sender of senders) await sender.emitWithAck('enter', 'watch'); // each has said what it had to say
    assert.ok(!losses.includes(sid));
  });
}

test('it looks for its first edge, and goes, before that one knows that the second one has it', async (t) => {
  const taken = await hold(t, senders[1], 0, 'taken'), offer = await hold(t, senders[0], 1, 'offer');
  const { frames, sid, pid } = await begin();
  frames.ws.terminate();
  await edges[0].until(({ parked }) => parked === 1);
  await senders[0].emitWithAck('send', 'text', sid, 0, 1);
  const there = await raw(edges[1], { pid });
  await taken.held;
  await senders[0].emitWithAck('send', 'text', sid, 1, 1); // only a has this
  assert.equal((await read(there)).data[1], 0);
  assert.deepEqual((await read(there)).data, { sid, pid });
  await senders[1].emitWithAck('send', 'text', sid, 2, 1); // and only b this
  const { offset } = await read(there);
  const { handed_over, sessions } = await edges[0].counters();
  const passing = await raw(edges[0], { pid, offset });
  await offer.held;
  passing.ws.terminate();
  await edges[0].until((counters) => counters.sessions === sessions);
  offer.release();
  await there.closed;
  await edges[0].until((counters) => counters.handed_over === handed_over + 1);
  taken.release();
  await edges[1].until(({ parked }) => parked === 1);
  const last = await raw(edges[1], { pid, offset });
  const seen = [];
  for (let answered = false; !answered || !seen.length;) {
    const { data } = await read(last);
    if (Array.isArray(data)) seen.push(data[1]);
    else answered = !assert.deepEqual(data, { sid, pid });
  }
  assert.deepEqual(seen, [1]);
  await senders[0].emitWithAck('send', 'text', sid, 3, 1);
  assert.equal((await read(last)).data[1], 3);
});

for (const received of [1, 3]) {
  test(`the edge that took it dies before it said so; ${received} of what it sent was received`, async (t) => {
    const there = await Server.start('--instance', 'd', '--internal', '0', '--ping-interval', '20000', '--ping-timeout', '20000', '--recovery', '60000');
    t.after(() => there.kill());
    const sender = await connected(there.url, { reconnection: false });
    for (const each of [senders[0], senders[2]]) await each.emitWithAck('peer', 'd', await sender.emitWithAck('peer', '', ''));
    const { held } = await hold(t, sender, 0, 'taken');
    const { frames, sid, pid } = await begin();
    await senders[0].emitWithAck('move', 'join', sid, 'den');
    frames.ws.terminate();
    await edges[0].until(({ parked }) => parked === 1);
    await senders[0].emitWithAck('send', 'text', sid, 0, 2);
    const taken = await raw(there, { pid });
    await held;
    await senders[0].emitWithAck('send', 'text', sid, 2, 1);
    for (const each of [senders[0], sender]) await each.emitWithAck('send', 'id', 'den', 3, 1);
    const events = [];
    while (events.length < 3) {
      const event = await read(taken);
      if (Array.isArray(event.data)) events.push(event);
    }
    assert.deepEqual(events.map(({ data }) => data[1]), [0, 1, 3]);
    await there.kill();
    await taken.closed;
    const before = (await edges[0].counters()).lost;
    const last = await raw(edges[2], { pid, offset: events[received - 1].offset });
    if (received === 1) {
      for (const number of [1, 2, 3]) assert.equal((await read(last)).data[1], number);
      assert.deepEqual((await read(last)).data, { sid, pid });
    } else {
      // What else it was sent there, nobody knows: that is said, not hidden.
      assert.notEqual((await read(last)).sid, sid);
      assert.equal((await edges[0].counters()).lost, before + 4);
    }
  });
}

for (const transports of [['websocket'], ['polling', 'websocket']]) {
  test(`the stock client over ${transports}, at another edge each time`, async () => {
    let turn = 0;
    // One edge for all connections of a time: what a balancer does that keeps a client where it is.
    const pairs = new Set();
    const balancer = net.createServer((from) => {
      const to = net.connect(edges[turn % edges.length].port, '127.0.0.1');
      pairs.add([from, to]);
      for (const [x, y] of [[from, to], [to, from]]) x.on('error', () => {}).on('close', () => y.destroy()).pipe(y);
    });
    balancer.listen(0, '127.0.0.1');
    await once(balancer, 'listening');
    const socket = await connected(`http://127.0.0.1:${balancer.address().port}`, { transports });
    const { id } = socket;
    const seen = numbers(socket);
    for (let round = 0; round < 12; round++) {
      await senders[0].emitWithAck('send', 'text', id, round * 10, 5);
      // What comes while it closes by its own will, the stock client shows when it is back, and says that it has not.
      if (transports.includes('polling')) await seen.until(round * 10 + 5);
      const back = once(socket, 'connect');
      turn++;
      // Sessions over polling live on wherever their requests come: the edges pass them on.
      if (transports.includes('polling')) socket.io.engine.close();
      else for (const [from, to] of pairs) from.destroy(), to.destroy();
      pairs.clear();
      await senders[0].emitWithAck('send', 'text', id, round * 10 + 5, 5);
      await back;
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      await seen.until((round + 1) * 10);
    }
    assert.deepEqual([...seen], range(0, 120));
    socket.disconnect();
    balancer.close();
  });
}

// Connection state recovery: what was missed comes, in order, each event once; and what did not arrive is known.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { Proxy } from './lib/proxy.mjs';
import { connected, leaveAll, numbers, range, raw, read } from './lib/recovery.mjs';
import { Server } from './lib/server.mjs';
import { Frames, post, request, RS } from './lib/talk.mjs';

const CALM = ['--ping-interval', '20000', '--ping-timeout', '20000', '--recovery', '60000'];

afterEach(leaveAll);

for (const greeting of ['0', '1']) {
  describe(`with${greeting === '1' ? '' : 'out'} an offset event`, () => {
    let server, proxy, sender;

    before(async () => {
      server = await Server.start(...CALM, '--offset-event', greeting);
      proxy = await Proxy.start(server.port);
    });
    after(async () => {
      await proxy.stop();
      await server.stop();
    });

    for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
      describe(`over ${transports}`, () => {
        for (const end of ['close', 'cut', 'freeze']) {
          test(`${end}: missed events come, in order, each once, many times over`, async () => {
            const socket = await connected(proxy.url, { transports });
            if (transports.includes('websocket') && socket.io.engine.transport.name !== 'websocket') await once(socket.io.engine, 'upgrade');
            sender = await connected(server.url);
            const { id } = socket;
            const seen = numbers(socket);
            let sent = 0;
            assert.equal(await socket.emitWithAck('iam', 'bob'), true);
            await socket.emitWithAck('enter', 'den');
            for (let round = 0; round < 6; round++) {
              if (round % 3 !== 1) { // else a reconnect without anything new
                await sender.emitWithAck('send', ['text', 'room', 'binary'][round % 3], ['room', 'text'].includes('room') && round % 3 === 1 ? 'den' : id, sent, 3);
                sent += 3;
                // What comes while it closes by its own will, the stock client shows when it is back, and says that it has not.
                if (round > 3 || end === 'close') await seen.until(sent); // else it may not have come when the line goes
              }
              const back = once(socket, 'connect');
              const gone = once(socket, 'disconnect');
              if (end === 'close') socket.io.engine.close();
              else proxy[end]();
              await gone;
              proxy.mend();
              await sender.emitWithAck('send', 'text', id, sent, 2);
              await sender.emitWithAck('send', 'room', 'den', sent + 2, 2);
              await sender.emitWithAck('send', 'binary', id, sent + 4, 1);
              sent += 5;
              await back;
              assert.equal(socket.recovered, true);
              assert.equal(socket.id, id);
              await seen.until(sent);
            }
            assert.deepEqual(seen.map((n) => (Array.isArray(n) ? n[0] : n)), range(0, sent));
            assert.ok(seen.some((n) => Array.isArray(n) && n[1] === 'one' && n[2] === ''));
            const who = await socket.emitWithAck('who');
            assert.deepEqual({ ...who, auth: 0 }, { recovered: true, user: 'bob', times: 7, auth: 0 });
          });
        }
      });
    }
  });
}

describe('in frames', () => {
  let server, sender;

  before(async () => (server = await Server.start(...CALM)));
  after(() => server.stop());

  async function begin(auth) {
    sender = await connected(server.url);
    const frames = await raw(server, auth);
    const { sid, pid } = await read(frames);
    assert.ok(pid.startsWith(sid) && pid.length === sid.length + 20, pid);
    return { frames, sid, pid };
  }

  async function lose(frames) {
    const { parked } = await server.counters();
    frames.ws.terminate();
    await server.until((counters) => counters.parked === parked + 1);
  }

  test('missed events first, then the same sid and pid', async () => {
    const { frames, sid, pid } = await begin({ a: 1 });
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const { offset } = await read(frames);
    await lose(frames);
    await sender.emitWithAck('send', 'binary', sid, 2, 1);
    await sender.emitWithAck('send', 'text', sid, 3, 1);
    const again = await raw(server, { pid, offset, b: 2 });
    const one = await read(again);
    assert.deepEqual([one.head, one.data.slice(0, 2)], ['42', ['n', 1]]);
    const two = await read(again);
    assert.deepEqual([two.head, two.data.slice(0, 2), two.data.length], ['452-', ['n', 2], 5]);
    assert.equal((await read(again)).bytes, 'one');
    assert.equal((await read(again)).bytes, '');
    const three = await read(again);
    assert.deepEqual(three.data.slice(0, 2), ['n', 3]);
    assert.deepEqual((await read(again)).data, { sid, pid });
    assert.equal(new Set([offset, one.offset, two.offset, three.offset]).size, 4);
    again.send('42/recovery,7["who"]');
    assert.deepEqual((await read(again)).data[0],
      { recovered: true, user: '', times: 2, auth: { pid, offset, b: 2 } });
  });

  test('the same offset again, and a reconnect that dies before anything was seen', async () => {
    const { frames, sid, pid } = await begin();
    await sender.emitWithAck('send', 'text', sid, 0, 3);
    const { offset } = await read(frames);
    await lose(frames);
    for (let i = 0; i < 5; i++) {
      const again = await raw(server, { pid, offset });
      if (i % 2) {
        assert.equal((await read(again)).data[1], 1);
        assert.equal((await read(again)).data[1], 2);
        assert.deepEqual((await read(again)).data, { sid, pid });
      } else {
        await server.until(({ parked }) => parked === 0);
      }
      await lose(again);
    }
  });

  test('a client that has seen nothing yet misses nothing', async () => {
    const { frames, sid, pid } = await begin();
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    await lose(frames);
    for (const auth of [{ pid }, { pid, offset: 'of another socket' }]) {
      const again = await raw(server, auth);
      assert.equal((await read(again)).data[1], 0);
      assert.equal((await read(again)).data[1], 1);
      assert.deepEqual((await read(again)).data, { sid, pid });
      await lose(again);
    }
  });

  test('events that are volatile or ask for an answer carry no offset and do not come again', async () => {
    const { frames, sid, pid } = await begin();
    await sender.emitWithAck('send', 'text', sid, 0, 1);
    const { offset } = await read(frames);
    await sender.emitWithAck('send', 'volatile', sid, 1, 1);
    assert.deepEqual((await read(frames)).data, ['v', 1, 'no offset']);
    await sender.emitWithAck('send', 'ask', sid, 2, 1);
    assert.match(await frames.text(), /^42\/recovery,\d+\["asked",2\]$/);
    await sender.emitWithAck('enter', 'watch');
    const answered = once(sender, 'answered');
    await lose(frames);
    assert.equal((await answered)[0], false);
    const failed = once(sender, 'answered');
    await sender.emitWithAck('send', 'ask', sid, 3, 1);
    assert.equal((await failed)[0], false);
    await sender.emitWithAck('send', 'volatile', sid, 4, 1);
    await sender.emitWithAck('send', 'text', sid, 5, 1);
    for (const known of [offset, 'no offset']) { // what stock clients take for it
      const again = await raw(server, { pid, offset: known });
      assert.deepEqual((await read(again)).data.slice(0, 2), ['n', 5]);
      assert.deepEqual((await read(again)).data, { sid, pid });
      await lose(again);
    }
  });

  test('a new connection takes a socket from one that nobody knows to be dead', async () => {
    const { frames, sid, pid } = await begin();
    await sender.emitWithAck('enter', 'watch');
    const went = once(sender, 'went');
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const { offset } = await read(frames);
    const again = await raw(server, { pid, offset });
    assert.deepEqual((await went).slice(0, 2), [sid, 'transport close']);
    assert.equal((await read(again)).data[1], 1);
    assert.deepEqual((await read(again)).data, { sid, pid });
    assert.equal((await read(frames)).data[1], 1);
    assert.equal(await frames.next(), null); // closed without a word
    await sender.emitWithAck('send', 'text', sid, 2, 1);
    assert.equal((await read(again)).data[1], 2);
  });

  test('who leaves by will, or is sent away, does not come back', async () => {
    for (const end of ['leave', 'expel', 'expel later']) {
      const { frames, sid, pid } = await begin();
      const { lost, parked: already } = await server.counters();
      if (end === 'leave') frames.send('41/recovery');
      if (end === 'expel later') await lose(frames);
      if (end !== 'leave') await sender.emitWithAck('expel', sid);
      await server.until(({ sockets, parked }) => sockets === 1 && parked === already);
      const again = await raw(server, { pid });
      const answer = await read(again);
      assert.notEqual(answer.sid, sid);
      assert.notEqual(answer.pid, pid);
      assert.equal((await server.counters()).lost, lost);
      again.send('41/recovery');
      frames.ws.terminate();
      again.ws.terminate();
      sender.disconnect();
      await server.until(({ sockets }) => sockets === 0);
    }
  });

  test('a pid is not to be guessed, nor of another namespace', async () => {
    const { frames, sid, pid } = await begin();
    await lose(frames);
    const last = pid.at(-1) === 'A' ? 'B' : 'A';
    for (const wrong of [`${pid.slice(0, -1)}${last}`, `${sid}${'A'.repeat(20)}`, sid, '', 'x'.repeat(1000), `${pid}A`, 5, null, {}]) {
      const again = await raw(server, { pid: wrong });
      assert.notEqual((await read(again)).sid, sid);
      again.send('41/recovery');
      await again.close();
    }
    const other = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    await other.opened;
    assert.match(await other.text(), /^0\{/);
    other.send(`40${JSON.stringify({ pid })}`);
    assert.notEqual(JSON.parse((await other.message()).slice(2)).sid, sid);
    await other.close();
    const again = await raw(server, { pid });
    assert.deepEqual((await read(again)).data, { sid, pid });
  });

  test('whoever came back may still be refused', async () => {
    const { frames, sid, pid } = await begin();
    await sender.emitWithAck('enter', 'watch');
    await lose(frames);
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const lost = once(sender, 'lost');
    const again = await raw(server, { refuse: 1, pid });
    assert.equal(await again.message(), '44/recovery,{"message":"not any more"}');
    assert.deepEqual((await lost).slice(0, 5), [sid, '', 'refused', 'n', 2]);
    again.send(`40/recovery,${JSON.stringify({ pid })}`);
    assert.notEqual((await read(again)).sid, sid);
  });

  test('over polling, in one answer', async () => {
    const { frames, sid, pid } = await begin();
    await lose(frames);
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
    const session = JSON.parse((await request(url)).body.slice(1)).sid;
    await post(`${url}&sid=${session}`, `40/recovery,${JSON.stringify({ pid })}`);
    const packets = (await request(`${url}&sid=${session}`)).body.split(RS);
    assert.equal(packets.length, 3);
    assert.match(packets[0], /^42\/recovery,\["n",0,"/);
    assert.match(packets[1], /^42\/recovery,\["n",1,"/);
    assert.equal(packets[2], `40/recovery,${JSON.stringify({ sid, pid })}`);
    await post(`${url}&sid=${session}`, '41/recovery');
  });

  test('without recovery nothing of it shows', async () => {
    const plain = await Server.start('--ping-interval', '20000');
    try {
      const frames = await raw(plain, { pid: 'x' });
      const { data } = await read(frames);
      assert.deepEqual(Object.keys(data), ['sid']);
      frames.send(`42/recovery,1["send","text","${data.sid}",0,1]`);
      const texts = [await frames.message(), await frames.message()];
      assert.deepEqual(texts, ['42/recovery,["n",0]', '43/recovery,1[]']);
      frames.ws.terminate();
      await plain.until(({ sockets, parked }) => sockets === 0 && parked === 0);
    } finally {
      await plain.stop();
    }
  });
});

describe('the offset event', () => {
  let server;
  before(async () => (server = await Server.start(...CALM, '--offset-event', '1')));
  after(() => server.stop());

  test('comes after each CONNECT and says whether it was recovered', async () => {
    const frames = await raw(server);
    const { sid, pid } = await read(frames);
    const first = await read(frames);
    assert.deepEqual(first.data, ['warrenOffset', { recovered: false }, first.offset]);
    frames.ws.terminate();
    const again = await raw(server, { pid, offset: first.offset });
    assert.deepEqual((await read(again)).data, { sid, pid });
    const second = await read(again);
    assert.deepEqual(second.data, ['warrenOffset', { recovered: true }, second.offset]);
    assert.notEqual(second.offset, first.offset);
    again.ws.terminate();
    const third = await raw(server, { pid, offset: first.offset }); // the second was not seen
    assert.deepEqual((await read(third)).data, second.data);
    assert.deepEqual((await read(third)).data, { sid, pid });
  });
});

describe('what has arrived is not kept', () => {
  let server, sender;
  before(async () => (server = await Server.start('--ping-interval', '300', '--ping-timeout', '5000', '--recovery', '60000')));
  after(() => server.stop());

  test('an answered ping proves it; one that was sent before does not', async () => {
    sender = await connected(server.url);
    await sender.emitWithAck('enter', 'watch');
    const frames = await raw(server);
    const { sid, pid } = await read(frames);
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const { offset } = await read(frames);
    const { offset: last } = await read(frames);
    assert.equal(await frames.text(), '2');
    await sender.emitWithAck('send', 'text', sid, 2, 2); // after the ping
    frames.send('3');
    assert.equal((await read(frames)).data[1], 2);
    const lost = once(sender, 'lost');
    frames.send('41/nowhere'); // closes: a bad packet, so that all before it was taken
    await frames.closed;
    const [, , reason, name, count] = await lost;
    assert.deepEqual([reason, name, count], ['parse error', 'n', 2]);
    assert.ok(offset && last);
  });

  test('then only later offsets are good', async () => {
    sender = await connected(server.url);
    for (const which of ['older', 'last']) {
      const frames = await raw(server);
      const { sid, pid } = await read(frames);
      await sender.emitWithAck('send', 'text', sid, 0, 2);
      const older = (await read(frames)).offset;
      const last = (await read(frames)).offset;
      assert.equal(await frames.text(), '2');
      frames.send('3');
      assert.equal(await frames.text(), '2'); // the pong was taken
      frames.ws.terminate();
      await server.until(({ parked }) => parked === 1);
      const again = await raw(server, { pid, offset: which === 'last' ? last : older });
      assert.equal((await read(again)).sid === sid, which === 'last');
      again.send('41/recovery');
      await again.close();
      await server.until(({ parked }) => parked === 0);
    }
  });
});

describe('limits', () => {
  async function within(args, fn) {
    const server = await Server.start('--ping-interval', '20000', '--ping-timeout', '20000', ...args);
    try {
      const watcher = await connected(server.url);
      await watcher.emitWithAck('enter', 'watch');
      const lost = [];
      watcher.on('lost', (...what) => lost.push(what.slice(0, 5)));
      await fn(server, watcher, lost);
    } finally {
      await leaveAll();
      await server.stop();
    }
  }

  async function parked(server, n = 1) {
    const frames = await raw(server);
    const answer = await read(frames);
    frames.ws.terminate();
    await server.until((counters) => counters.parked === n);
    return answer;
  }

  // What was told to a watcher so far has come when this has.
  const settle = (watcher) => watcher.emitWithAck('who');

  test('time: one that does not come back is lost with what it missed', () =>
    within(['--recovery', '300'], async (server, watcher, lost) => {
      const { sid, pid } = await parked(server);
      await watcher.emitWithAck('send', 'text', sid, 0, 3);
      await server.until((counters) => counters.parked === 0);
      await settle(watcher);
      assert.deepEqual(lost, [[sid, '', 'it did not come back', 'n', 3]]);
      assert.equal((await server.counters()).lost, 3);
      assert.notEqual((await read(await raw(server, { pid }))).sid, sid);
      const idle = await parked(server);
      await server.until((counters) => counters.parked === 0);
      await settle(watcher);
      assert.equal(lost.length, 1, idle.sid); // it missed nothing
    }));

  test('events: one that misses too many is given up', () =>
    within(['--recovery', '60000', '--recovery-events', '10'], async (server, watcher, lost) => {
      const { sid, pid } = await parked(server);
      await watcher.emitWithAck('send', 'text', sid, 0, 10);
      await settle(watcher);
      assert.deepEqual(lost, []);
      await watcher.emitWithAck('send', 'text', sid, 10, 1);
      await server.until((counters) => counters.parked === 0);
      await settle(watcher);
      assert.deepEqual(lost, [[sid, '', 'it missed too much', 'n', 11]]);
      assert.notEqual((await read(await raw(server, { pid }))).sid, sid);
    }));

  test('bytes: the same', () =>
    within(['--recovery', '60000', '--recovery-bytes', '20000'], async (server, watcher, lost) => {
      const { sid } = await parked(server);
      await watcher.emitWithAck('send', 'large', sid, 0, 9);
      await settle(watcher);
      assert.deepEqual(lost, []);
      await watcher.emitWithAck('send', 'large', sid, 9, 1);
      await server.until((counters) => counters.parked === 0);
      await settle(watcher);
      assert.deepEqual(lost, [[sid, '', 'it missed too much', 'n', 10]]);
    }));

  test('one with a connection keeps the latest', () =>
    within(['--recovery', '60000', '--recovery-events', '10'], async (server, watcher, lost) => {
      for (const [seen, good] of [[5, true], [4, false]]) {
        const frames = await raw(server);
        const { sid, pid } = await read(frames);
        await watcher.emitWithAck('send', 'text', sid, 0, 15);
        let offset;
        for (let i = 0; i < seen; i++) ({ offset } = await read(frames));
        frames.ws.terminate();
        await server.until((counters) => counters.parked === 1);
        const again = await raw(server, { pid, offset });
        if (good) {
          for (let i = 5; i < 15; i++) assert.equal((await read(again)).data[1], i);
          assert.equal((await read(again)).sid, sid);
        } else {
          assert.notEqual((await read(again)).sid, sid);
          await settle(watcher);
          assert.deepEqual(lost, [[sid, '', 'what it missed is not there any more', 'n', 15]]);
        }
        again.send('41/recovery');
      }
    }));

  test('sockets: the oldest is given up', () =>
    within(['--recovery', '60000', '--recovery-sockets', '2'], async (server, watcher, lost) => {
      const first = await parked(server, 1);
      await watcher.emitWithAck('send', 'text', first.sid, 0, 1);
      const second = await parked(server, 2);
      const told = once(watcher, 'lost');
      const third = await parked(server, 2);
      await told;
      assert.deepEqual(lost, [[first.sid, '', 'too many are to come back', 'n', 1]]);
      for (const { sid, pid } of [second, third]) assert.equal((await read(await raw(server, { pid }))).sid, sid);
    }));

  test('memory: the oldest without a connection goes first, then what others are not known to have', () =>
    within(['--recovery', '60000', '--recovery-memory', '20000'], async (server, watcher, lost) => {
      const [a, b] = [await parked(server, 1), await parked(server, 2)];
      await watcher.emitWithAck('send', 'large', a.sid, 0, 6);
      await watcher.emitWithAck('send', 'large', b.sid, 0, 6);
      await server.until((counters) => counters.parked === 1);
      await settle(watcher);
      assert.deepEqual(lost, [[a.sid, '', 'memory is short', 'n', 6]]);
      const back = await raw(server, { pid: b.pid });
      for (let i = 0; i < 6; i++) assert.equal((await read(back)).data[1], i);
      assert.equal((await read(back)).sid, b.sid);
      await watcher.emitWithAck('send', 'large', b.sid, 6, 12);
      for (let i = 6; i < 18; i++) assert.equal((await read(back)).data[1], i);
      const { offset } = await (async () => {
        await watcher.emitWithAck('send', 'text', b.sid, 18, 1);
        return read(back);
      })();
      back.ws.terminate();
      await server.until((counters) => counters.parked === 1);
      assert.equal((await read(await raw(server, { pid: b.pid, offset }))).sid, b.sid); // it had seen all
    }));

  test('the end of the edge', async () => {
    const server = await Server.start(...CALM);
    const sender = await connected(server.url);
    const { sid } = await parked(server);
    await sender.emitWithAck('send', 'binary', sid, 0, 5);
    sender.disconnect();
    await server.stop(); // a sanitizer tells what is left
  });
});

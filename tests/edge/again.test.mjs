// The second time, and the third: room that was taken is there again, a deadline is the latest one's, and who is cut off by
// silence comes back as who is cut off by a broken line.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { introduce, startServers } from './lib/cluster.mjs';
import { answered } from './lib/proof.mjs';
import { connected, leaveAll, raw, read } from './lib/recovery.mjs';
import { Server } from './lib/server.mjs';
import { Frames, post, request, RS } from './lib/talk.mjs';

const CALM = ['--ping-interval', '60000', '--ping-timeout', '60000'];

afterEach(leaveAll);

// What has room for `room`: they are taken, one more is refused, all are given back; again and again, and then three times as
// many one after the other.  `take` resolves with what was taken, null when it was refused.
async function bound(room, take, give) {
  const fill = async () => {
    const taken = [];
    for (let i = 0; i < room; i++) {
      taken.push(await take());
      assert.ok(taken.at(-1), `no room for number ${i + 1} of ${room}`);
    }
    assert.equal(await take(), null, `room for more than ${room}`);
    for (const one of taken) await give(one);
  };
  for (let round = 0; round < 3; round++) await fill();
  for (let i = 0; i < 3 * room; i++) {
    const one = await take();
    assert.ok(one, `no room for one, after ${i}`);
    await give(one);
  }
  await fill();
}

describe('room is given back', () => {
  const ROOM = 3;
  let server, other, held = 0;

  // The one that asks is a connection, too.
  const gone = () => (held--, other.until(({ connections }) => connections === held + 1));

  // What is passed on holds its place until the client has gone; connections that are kept make way.
  before(async () => ([server, other] = await startServers(2, ...CALM, '--max-passed', String(ROOM))));
  after(() => Promise.all([server, other].map((one) => one?.stop())));

  async function handshake() {
    const { body } = await request(`${server.url}/engine.io/?EIO=4&transport=polling`);
    return JSON.parse(body.slice(1)).sid;
  }

  test('WebSockets that are passed on', () =>
    bound(ROOM, async () => {
      const frames = new Frames(`${other.ws}/engine.io/?EIO=4&transport=websocket&sid=${await handshake()}`);
      await frames.opened;
      frames.send('2probe');
      if ((await frames.text()) !== '3probe') return null;
      held++;
      return frames;
    }, (frames) => {
      frames.ws.terminate();
      return gone();
    }));

  test('polls that are passed on', () =>
    bound(ROOM, async () => {
      const { passed_on, passed_failed } = await other.counters();
      const socket = net.connect(other.port, '127.0.0.1');
      socket.write(`GET /engine.io/?EIO=4&transport=polling&sid=${await handshake()} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const counters = await other.until((now) => now.passed_on === passed_on + 1);
      held++;
      if (counters.passed_failed === passed_failed) return socket;
      socket.destroy();
      await gone();
      return null;
    }, (socket) => {
      socket.destroy();
      return gone();
    }));
});

// Resolves when a watcher hears that of a socket.
const told = (watcher, event, sid) => new Promise((resolve) => {
  const hear = (...what) => {
    if (what[0] !== sid) return;
    watcher.off(event, hear);
    resolve(what);
  };
  watcher.on(event, hear);
});

// A session over polling that is in the namespace, and with `poll` waits for what comes.
async function beginPolling(server) {
  const url = `${server.url}/socket.io/?EIO=4&transport=polling`;
  const session = JSON.parse((await request(url)).body.slice(1)).sid;
  await post(`${url}&sid=${session}`, '40/recovery,');
  const [packet] = (await request(`${url}&sid=${session}`)).body.split(RS);
  return { ...JSON.parse(packet.slice('40/recovery,'.length)), poll: () => request(`${url}&sid=${session}`) };
}

describe('a socket that comes back', () => {
  let server, sender;

  before(async () => (server = await Server.start(...CALM, '--recovery', '60000', '--max-acks', '2', '--recovery-events', '10', '--recovery-sockets', '2')));
  after(() => server.stop());

  async function begin() {
    sender = await connected(server.url);
    await sender.emitWithAck('enter', 'watch');
    const frames = await raw(server);
    return { frames, ...(await read(frames)) };
  }

  async function lose(frames) {
    const { parked } = await server.counters();
    frames.ws.terminate();
    await server.until((counters) => counters.parked === parked + 1);
  }

  test('may be asked as many questions as before, though it never answered the first', async () => {
    let { frames, sid, pid } = await begin();
    for (let round = 0; round < 3; round++) {
      const answers = [];
      sender.on('answered', (ok) => answers.push(ok));
      await sender.emitWithAck('send', 'ask', sid, 0, 3);
      await sender.emitWithAck('who');
      assert.deepEqual(answers.splice(0), [false], 'the third has no room');
      for (let i = 0; i < 2; i++) assert.match(await frames.text(), /\["asked",[01]\]$/);
      await lose(frames);
      await sender.emitWithAck('who');
      assert.deepEqual(answers, [false, false]);
      sender.off('answered');
      frames = await raw(server, { pid });
      assert.equal((await read(frames)).sid, sid);
    }
  });

  test('may miss as many events each time', async () => {
    let { frames, sid, pid } = await begin(), offset;
    for (let round = 0; round < 6; round++) {
      await lose(frames);
      // Half of them: those of the time before are there still, until it says that it has them.
      await sender.emitWithAck('send', 'text', sid, 0, 5);
      frames = await raw(server, { pid, offset });
      for (let i = 0; i < 5; i++) {
        const event = await read(frames);
        assert.equal(event.data[1], i);
        ({ offset } = event);
      }
      assert.equal((await read(frames)).sid, sid);
    }
  });

  test('was cut off for two polls at once', async () => {
    const page = await beginPolling(server);
    sender = await connected(server.url);
    await sender.emitWithAck('enter', 'watch');
    const went = told(sender, 'went', page.sid);
    const polls = [page.poll(), page.poll()];
    assert.equal((await went)[1], 'transport error');
    await Promise.all(polls);
    await sender.emitWithAck('send', 'text', page.sid, 0, 1);
    const frames = await raw(server, { pid: page.pid });
    assert.equal((await read(frames)).data[1], 0);
    assert.equal((await read(frames)).sid, page.sid);
  });

  test('takes one place of those that wait, however often', async () => {
    const [one, two] = [await begin(), await begin()];
    for (let round = 0; round < 6; round++)
      for (const page of [one, two]) {
        await lose(page.frames);
        page.frames = await raw(server, { pid: page.pid });
        assert.equal((await read(page.frames)).sid, page.sid);
      }
  });

  // Each of them was away before, so none is where it was the first time.
  test('has a place as long as there is one: the one that left first goes, however often', async () => {
    for (let round = 0; round < 3; round++) {
      const pages = [await begin(), await begin(), await begin()];
      for (const page of pages) {
        await lose(page.frames);
        page.frames = await raw(server, { pid: page.pid });
        assert.equal((await read(page.frames)).sid, page.sid);
      }
      for (const { frames, sid } of pages) {
        const went = told(sender, 'went', sid);
        frames.ws.terminate();
        await went;
      }
      assert.equal((await server.counters()).parked, 2);
      for (const [i, { pid, sid }] of pages.entries()) {
        const frames = await raw(server, { pid });
        assert.equal((await read(frames)).sid === sid, i > 0);
        frames.send('41/recovery');
        await frames.close();
      }
      assert.equal((await server.counters()).parked, 0);
    }
  });
});

describe('a deadline is the latest one\'s', () => {
  const RECOVERY_MS = 2000;
  let server, watcher;

  before(async () => (server = await Server.start(...CALM, '--recovery', String(RECOVERY_MS), '--connect-timeout', String(2 * RECOVERY_MS))));
  after(() => server.stop());

  // A page that has been sent something of which nobody knows that it has it: so it is told when it is given up.
  async function begin() {
    const frames = await raw(server);
    const page = { frames, ...(await read(frames)) };
    await watcher.emitWithAck('send', 'text', page.sid, 0, 1);
    page.offset = (await read(frames)).offset;
    return page;
  }

  async function lose({ frames, sid }) {
    const went = told(watcher, 'went', sid);
    frames.ws.terminate();
    await went;
  }

  async function watch() {
    watcher = await connected(server.url);
    await watcher.emitWithAck('enter', 'watch');
  }

  test('of a socket that leaves a second time', async () => {
    await watch();
    const one = await begin(), other = await begin();
    await lose(one);
    one.frames = await raw(server, { pid: one.pid });
    assert.equal((await read(one.frames)).data[1], 0);
    assert.equal((await read(one.frames)).sid, one.sid);
    // The other one leaves later than this one did the first time: when it is given up, that time is over.
    const over = told(watcher, 'lost', other.sid);
    await lose(other);
    await over;
    const again = told(watcher, 'lost', one.sid);
    const start = performance.now();
    await lose(one);
    await again;
    assert.ok(performance.now() - start > RECOVERY_MS - 2, 'given up before its time');
  });

  test('of each of several', async () => {
    await watch();
    const pages = [await begin(), await begin(), await begin()], order = [];
    watcher.on('lost', (sid) => order.push(sid));
    for (const page of pages) await lose(page);
    // One that comes later, and never joins, waits for longer: when its time is over, theirs is.
    const silent = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
    await silent.closed;
    await watcher.emitWithAck('enter', 'watch');
    assert.deepEqual(order, pages.map(({ sid }) => sid));
  });
});

describe('who is silent is cut off, and comes back', () => {
  let server, sender;

  before(async () => {
    server = await Server.start('--ping-interval', '100', '--ping-timeout', '2000', '--recovery', '60000');
    sender = await connected(server.url);
    await sender.emitWithAck('enter', 'watch');
  });
  after(() => server.stop());

  // It is sent two events after it was cut off, and has them when it is back.
  async function comesBack({ sid, pid, offset }) {
    assert.equal((await told(sender, 'went', sid))[1], 'ping timeout');
    await sender.emitWithAck('send', 'text', sid, 0, 2);
    const frames = await raw(server, { pid, offset });
    for (let i = 0; i < 2; i++) {
      const event = await read(frames);
      assert.equal(event.data[1], i);
      ({ offset } = event);
    }
    assert.equal((await read(frames)).sid, sid);
    return { sid, pid, offset };
  }

  // Nobody reads their pings, and a second time those of the WebSocket that they are then.
  test('over each transport, twice', async () => {
    const pages = [await read(await raw(server)), await beginPolling(server)];
    for (let round = 0; round < 2; round++)
      for (const [i, back] of (await Promise.all(pages.map(comesBack))).entries()) pages[i] = back;
  });
});

describe('a WebSocket that is passed on', () => {
  const LARGE = 30_000_000; // more than the sockets on the way hold
  const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
  let server;

  before(async () => (server = await Server.start(...CALM, '--internal', '0')));
  after(() => server.stop());

  // A peer that accepts, sends all and ends: at once, or when the client has ended its side.
  async function ended(t, waits) {
    const listener = net.createServer({ allowHalfOpen: true }, async (socket) => {
      socket.on('error', () => {});
      const [head] = await once(socket, 'data');
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
        `${answered(String(head), 101, '')}Connection: Upgrade\r\n\r\n`);
      socket.resume();
      if (waits) await once(socket, 'end');
      socket.end(Buffer.alloc(LARGE, 'x'));
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    await introduce(server, 'far', `127.0.0.1:${listener.address().port}`);
    t.after(() => {
      listener.close();
      return introduce(server, 'far', '');
    });
  }

  // A reader that pauses is at it for longer than a relay goes without a look at who has ended.
  for (const [name, waits, pause_ms] of [['ends', false, 0], ['answers the end of its client', true, 0], ['answers it for seconds', true, 8]]) {
    test(`by a peer that ${name}: all that it sent comes, to a slow reader, too`, async (t) => {
      await ended(t, waits);
      const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      t.after(() => socket.destroy());
      socket.write(`GET /socket.io/?EIO=4&transport=websocket&sid=far.x HTTP/1.1\r\nHost: x\r\n${UPGRADE}`);
      let head = '', bytes = 0;
      for await (const chunk of socket) {
        if (head.includes('\r\n\r\n')) {
          bytes += chunk.length;
        } else {
          head += chunk.toString('latin1');
          const end = head.indexOf('\r\n\r\n');
          if (end >= 0) {
            bytes = head.length - end - 4;
            if (waits) socket.end();
          }
        }
        await new Promise((resolve) => (pause_ms ? setTimeout(resolve, pause_ms) : setImmediate(resolve)));
      }
      assert.match(head, /^HTTP\/1.1 101 /);
      assert.equal(bytes, LARGE);
    });
  }

  test('whose client has ended and reads nothing, is given up', async (t) => {
    await ended(t, true);
    const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(`GET /socket.io/?EIO=4&transport=websocket&sid=far.x HTTP/1.1\r\nHost: x\r\n${UPGRADE}`);
    await once(socket, 'readable');
    const { connections } = await server.counters();
    socket.end();
    await server.until((counters) => counters.connections === connections - 1);
  });
});

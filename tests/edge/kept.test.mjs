// Between two edges requests share connections one after the other; no request may suffer by that, or be sent twice.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { introduce, startServers } from './lib/cluster.mjs';
import { answered } from './lib/proof.mjs';
import { post, request } from './lib/talk.mjs';

// More than the sockets on a way hold.
const LARGE = 30_000_000;

let owner, other;
const use = (...args) => {
  before(async () => ([owner, other] = await startServers(2, '--ping-interval', '60000', ...args)));
  after(() => Promise.all([owner, other].map((server) => server?.stop())));
};

const query = (sid) => `/engine.io/?EIO=4&transport=polling&sid=${sid}`;
const unknown = '{"code":1,"message":"Session ID unknown"}';
const isUnknown = ({ status, body }) => assert.deepEqual({ status, body }, { status: 400, body: unknown });
const failed = async () => (await other.counters()).passed_failed;

// A session of `owner`.
async function handshake() {
  const { body } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
  return JSON.parse(body.slice(1)).sid;
}

const poll = (server, sid, options) => request(`${server.url}${query(sid)}`, options);
const send = (server, sid, body) => post(`${server.url}${query(sid)}`, body);

// Where peers connect to: keeps count of its connections, and gives each to `serve`.
class Listener {
  static async start(serve) {
    const listener = Object.assign(new Listener(), { made: 0, open: new Set(), changed: [] });
    listener.server = net.createServer((socket) => {
      listener.made++;
      listener.open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        listener.open.delete(socket);
        listener.changed.splice(0).forEach((resolve) => resolve());
      });
      serve(socket);
    });
    listener.server.listen(0, '127.0.0.1');
    await once(listener.server, 'listening');
    listener.address = `127.0.0.1:${listener.server.address().port}`;
    return listener;
  }

  // Until so many connections are open.
  async until(count) {
    while (this.open.size !== count) await new Promise((resolve) => this.changed.push(resolve));
  }

  stop() {
    this.server.close();
    this.open.forEach((socket) => socket.destroy());
  }
}

// Calls `answer(request, socket)` for each whole request that comes on a socket.
function requests(socket, answer) {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    for (;;) {
      const head = /^[^]*?\r\n\r\n/.exec(text)?.[0];
      const length = Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0);
      if (!head || text.length < head.length + length) return;
      const one = { head, method: head.split(' ')[0], body: text.slice(head.length, head.length + length) };
      text = text.slice(head.length + length);
      answer(one, socket);
    }
  });
}

// The owner's answer to one of them: `ok`, or two other letters, to a post.
const ok = ({ head }, body = 'ok', connection = 'keep-alive') => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n` +
  `${answered(head, 200, body)}Connection: ${connection}\r\n\r\n${body}`;

// What an edge says before it closes a connection that it was to keep.
const NOT_TAKEN = 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

// A peer of `other` that is a test's.
async function ghost(t, answer) {
  const listener = await Listener.start((socket) => requests(socket, answer));
  t.after(() => listener.stop());
  await introduce(other, 'ghost', listener.address);
  return listener;
}

// Has what `other` passes on to `owner` go through a listener.
async function between(t) {
  const port = Number(owner.internal.split(':')[1]);
  const listener = await Listener.start((socket) => {
    const there = net.connect(port, '127.0.0.1');
    socket.on('close', () => there.destroy());
    there.on('error', () => {});
    there.on('close', () => socket.destroy());
    socket.pipe(there).pipe(socket);
  });
  t.after(() => (listener.stop(), introduce(other, owner.instance, owner.internal)));
  await introduce(other, owner.instance, listener.address);
  return listener;
}

describe('kept connections', () => {
  use('--max-payload', String(LARGE));

  test('requests that follow each other share one, whatever the client does with its own', async (t) => {
    const listener = await between(t);
    const sid = await handshake();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 10; i++) {
      assert.equal((await send(other, sid, `4${i}`)).body, 'ok');
      const { body, headers } = await poll(other, sid, i % 2 ? { agent } : {});
      assert.equal(body, `4${i}`);
      assert.equal(headers.connection, i % 2 ? 'keep-alive' : 'close');
    }
    agent.destroy();
    assert.equal(listener.made, 1);
  });

  test('of several clients, each gets its own answer', async (t) => {
    const listener = await between(t);
    await Promise.all(Array.from({ length: 8 }, async () => {
      const sid = await handshake();
      const large = `4${sid}`.padEnd(100000, 'x');
      for (let i = 0; i < 20; i++) {
        const held = poll(other, sid);
        assert.equal((await send(other, sid, i % 4 ? `4${i} ${sid}` : large)).body, 'ok');
        assert.equal((await held).body, i % 4 ? `4${i} ${sid}` : large);
      }
    }));
    assert.ok(listener.made <= 16, `${listener.made} connections for 16 requests at a time`);
  });

  test('a held poll has one to itself, and closes it when its client leaves', async (t) => {
    const listener = await between(t);
    const sid = await handshake();
    const { passed_on: passed } = await other.counters();
    const socket = net.connect(other.port, '127.0.0.1');
    socket.write(`GET ${query(sid)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await other.until(({ passed_on }) => passed_on === passed + 1);
    isUnknown(await send(other, `${owner.instance}.x`, '4x'));
    assert.equal(listener.open.size, 2);
    socket.destroy();
    await listener.until(1);
    for (;;) {
      const answer = await send(other, sid, '3');
      if (answer.status === 200) continue;
      isUnknown(answer);
      break;
    }
    assert.equal(listener.made, 2);
  });

  test('one that was closed is not used', async (t) => {
    const bodies = [];
    const listener = await ghost(t, (one, socket) => (bodies.push(one.body), socket.write(ok(one))));
    for (const body of ['4a', '4b', '4c']) {
      assert.equal((await send(other, 'ghost.x', body)).body, 'ok');
      const [socket] = listener.open;
      socket.end();
      await listener.until(0);
    }
    assert.deepEqual(bodies, ['4a', '4b', '4c']);
    assert.equal(listener.made, 3);
  });

  test('one whose end has come in the same moment as the request is not used', async (t) => {
    const listener = await ghost(t, (one, socket) => socket.write(ok(one, 'polled')));
    const client = net.connect(other.port, '127.0.0.1');
    const ask = () => new Promise((resolve) => client.write(`GET ${query('ghost.x')} HTTP/1.1\r\nHost: x\r\n\r\n`, resolve));
    await ask();
    await once(client, 'data');
    other.child.kill('SIGSTOP');
    t.after(() => other.child.kill('SIGCONT'));
    await Promise.all(Array.from(listener.open, (socket) => new Promise((resolve) => socket.end(resolve))));
    await ask();
    other.child.kill('SIGCONT');
    assert.match(String((await once(client, 'data'))[0]), /polled$/);
    assert.equal(listener.made, 2);
    client.destroy();
  });

  test('a request that met the peer\'s last word is sent again, once', async (t) => {
    const seen = [];
    const listener = await ghost(t, (one, socket) => {
      seen.push(one.method + one.body);
      if (seen.length % 3 === 2) socket.end(NOT_TAKEN);
      else socket.write(ok(one, one.body));
    });
    for (const body of ['4a', '4b', '4c']) assert.equal((await send(other, 'ghost.x', body)).body, body);
    assert.equal((await poll(other, 'ghost.x')).body, '');
    assert.deepEqual(seen, ['POST4a', 'POST4b', 'POST4b', 'POST4c', 'GET', 'GET']);
    assert.equal(listener.made, 3);
  });

  test('nor is it sent to a peer that has gone, or for ever', async (t) => {
    const seen = [];
    const listener = await ghost(t, (one, socket) => {
      seen.push(one.body);
      if (seen.length === 1) return socket.write(ok(one));
      if (one.body === '4c') listener.server.close();
      return socket.end(NOT_TAKEN);
    });
    assert.equal((await send(other, 'ghost.x', '4a')).body, 'ok');
    isUnknown(await send(other, 'ghost.x', '4b'));
    assert.deepEqual(seen.splice(0), ['4a', '4b', '4b']);
    assert.equal((await send(other, 'ghost.x', '4a')).body, 'ok');
    const before = await failed();
    isUnknown(await send(other, 'ghost.x', '4c'));
    assert.deepEqual(seen, ['4a', '4c']);
    assert.equal(await failed(), before + 1);
  });

  for (const answer of ['ok', '']) {
    test(`a last word right behind an answer of ${answer.length} bytes`, async (t) => {
      const listener = await ghost(t, (one, socket) => socket.end(ok(one, answer) + NOT_TAKEN));
      for (let i = 0; i < 2; i++) assert.equal((await poll(other, 'ghost.x')).body, answer);
      assert.equal(listener.made, 2);
    });
  }

  // The owner cannot tell whose the bytes are that it has read too early, and closes whatever it has answered just then.
  test('clients of the owner that send ahead harm no others', async () => {
    let over = false;
    const ahead = async () => {
      while (!over) {
        const socket = net.connect(owner.port, '127.0.0.1');
        socket.on('error', () => {}).resume();
        socket.write('GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
        await once(socket, 'close');
      }
    };
    const crowd = Array.from({ length: 16 }, ahead);
    const agent = new http.Agent({ keepAlive: true });
    const before = await failed();
    await Promise.all(Array.from({ length: 8 }, async () => {
      const url = `${other.url}${query(await handshake())}`;
      for (let i = 0; i < 200; i++) {
        const { body } = await request(url, { agent, method: 'POST', body: '4x', headers: { 'Content-Length': 2 } });
        assert.equal(body, 'ok');
        assert.equal((await request(url, { agent })).body, '4x');
      }
    })).finally(() => (over = true));
    agent.destroy();
    await Promise.all(crowd);
    assert.equal(await failed(), before);
  });

  test('one that is closed under a request: that is not sent again', async (t) => {
    for (const end of [(socket) => socket.end(), (socket) => socket.resetAndDestroy()]) {
      const seen = [];
      const listener = await ghost(t, (one, socket) => {
        seen.push(one.method + one.body);
        if (seen.length % 2) socket.write(ok(one));
        else end(socket);
      });
      const before = await failed();
      assert.equal((await send(other, 'ghost.x', '4a')).body, 'ok');
      isUnknown(await send(other, 'ghost.x', '4b'));
      assert.equal((await send(other, 'ghost.x', '4c')).body, 'ok');
      isUnknown(await poll(other, 'ghost.x'));
      assert.deepEqual(seen, ['POST4a', 'POST4b', 'POST4c', 'GET']);
      assert.equal(await failed(), before + 2);
      assert.equal(listener.made, 2);
    }
  });

  test('what nobody asked for is nobody\'s answer', async (t) => {
    let latest;
    const listener = await ghost(t, (one, socket) => {
      latest = one;
      socket.write(ok(one, one.body));
    });
    assert.equal((await send(other, 'ghost.x', '4a')).body, '4a');
    listener.open.forEach((socket) => socket.write(ok(latest, 'no')));
    await listener.until(0);
    assert.equal((await send(other, 'ghost.x', '4b')).body, '4b');
  });

  test('one that its peer will close is left, and the client\'s stays', async (t) => {
    const listener = await ghost(t, (one, socket) => socket.write(ok(one, one.body, 'close')));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (const body of ['4a', '4b']) {
      const answer = await request(`${other.url}${query('ghost.x')}`,
        { agent, method: 'POST', body, headers: { 'Content-Length': 2 } });
      assert.deepEqual([answer.body, answer.headers.connection], [body, 'keep-alive']);
    }
    agent.destroy();
    assert.equal(listener.made, 2);
    await listener.until(0);
  });

  test('answered before it was sent: what is left of the request is not the next one\'s', async (t) => {
    let early = true;
    const listener = await Listener.start((socket) => {
      if (!early) return requests(socket, (one) => socket.write(ok(one, one.body)));
      socket.once('readable', () => {
        const head = String(socket.read());
        socket.pause();
        socket.write(ok({ head }, 'is'));
      });
    });
    t.after(() => listener.stop());
    await introduce(other, 'ghost', listener.address);
    assert.equal((await send(other, 'ghost.x', '4x'.padEnd(LARGE, 'x'))).body, 'is');
    early = false;
    assert.equal((await send(other, 'ghost.x', '4b')).body, '4b');
    assert.equal(listener.made, 2);
  });
});

describe('kept connections and clients\' own', () => {
  use('--keep-alive', '200');

  test('the owner leaves them open longer than a client\'s', async (t) => {
    const listener = await between(t);
    const sid = await handshake();
    assert.equal((await send(other, sid, '4x')).body, 'ok');
    const client = net.connect(owner.port, '127.0.0.1');
    client.write(`GET ${query(sid)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    client.resume();
    await once(client, 'close');
    assert.equal((await send(other, sid, '4y')).body, 'ok');
    assert.equal(listener.made, 1);
  });
});

describe('kept connections have a bound', () => {
  use('--max-passed', '4');

  test('in number, and in time', async (t) => {
    const waiting = [];
    const answerAll = () => waiting.splice(0).forEach(([one, socket]) => socket.write(ok(one)));
    const listener = await ghost(t, (one, socket) => waiting.push([one, socket]) === 4 && answerAll());
    const answers = await Promise.all(Array.from({ length: 4 }, () => poll(other, 'ghost.x')));
    answers.forEach(({ body }) => assert.equal(body, 'ok'));
    await listener.until(1);
    const fifth = poll(other, 'ghost.x');
    const [socket] = listener.open;
    await once(socket, 'data');
    answerAll();
    assert.equal((await fifth).body, 'ok');
    await listener.until(0);
    assert.equal(listener.made, 4);
  });

  test('they take no room from requests', async (t) => {
    const waiting = [];
    const listener = await ghost(t, (one, socket) => {
      if (one.method === 'POST') return socket.write(ok(one));
      waiting.push(() => socket.write(ok(one, 'polled')));
      if (waiting.length === 4) waiting.forEach((answer) => answer());
    });
    assert.equal((await send(other, 'ghost.x', '4x')).body, 'ok');
    await introduce(other, 'second', listener.address.replace('127.0.0.1', '[::ffff:127.0.0.1]'));
    const answers = await Promise.all(Array.from({ length: 4 }, () => poll(other, 'second.x')));
    answers.forEach(({ body }) => assert.equal(body, 'polled'));
  });
});

describe('a peer that accepts and does not answer', () => {
  use('--peer-timeout', '300', '--ping-interval', '500', '--ping-timeout', '400',
    '--max-payload', String(LARGE));

  test('ends a post first, and a poll when its owner must have answered', async (t) => {
    await ghost(t, () => {});
    const before = await failed();
    const order = [];
    const noted = (name, answer) => answer.then((got) => (order.push(name), isUnknown(got)));
    const held = noted('poll', poll(other, 'ghost.x'));
    await noted('post', send(other, 'ghost.x', '4x'));
    assert.equal(await failed(), before + 1);
    await noted('post', send(other, 'ghost.x', '4y'));
    await held;
    assert.deepEqual(order, ['post', 'post', 'poll']);
    assert.equal(await failed(), before + 3);
  });

  test('nor takes what it is sent', async (t) => {
    const listener = await Listener.start((socket) => socket.pause());
    t.after(() => listener.stop());
    await introduce(other, 'ghost', listener.address);
    isUnknown(await send(other, 'ghost.x', '4x'.padEnd(LARGE, 'x')));
  });

  test('any more, on a connection that was kept', async (t) => {
    const bodies = [];
    const listener = await ghost(t, (one, socket) => bodies.push(one.body) === 1 && socket.write(ok(one)));
    assert.equal((await send(other, 'ghost.x', '4a')).body, 'ok');
    isUnknown(await send(other, 'ghost.x', '4b'));
    assert.deepEqual([bodies, listener.made], [['4a', '4b'], 1]);
    await listener.until(0);
  });

  test('but a head: the client\'s connection is closed', async (t) => {
    await ghost(t, (one, socket) => socket.write(ok(one, 'half of it').slice(0, -6)));
    const before = await failed();
    await assert.rejects(poll(other, 'ghost.x'));
    assert.equal(await failed(), before + 1);
  });

  test('a poll that its owner holds is not cut off', async () => {
    const before = await failed();
    const sid = await handshake();
    for (let i = 0; i < 3; i++) {
      assert.equal((await poll(other, sid)).body, '2');
      assert.equal((await send(other, sid, '3')).body, 'ok');
    }
    assert.equal(await failed(), before);
  });

  test('an owner that is stopped', async (t) => {
    const sid = await handshake();
    assert.equal((await send(other, sid, '4x')).body, 'ok');
    owner.child.kill('SIGSTOP');
    t.after(() => owner.child.kill('SIGCONT'));
    isUnknown(await send(other, sid, '4y'));
    isUnknown(await send(other, sid, '4z'));
  });
});

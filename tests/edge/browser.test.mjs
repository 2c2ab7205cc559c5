// The stock client in Chromium, on pages of another origin than the edge's.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, describe, test as unbounded } from 'node:test';
import { launch } from '../page/lib/chromium.mjs';
import { Pages } from './lib/pages.mjs';
import { Proxy } from './lib/proxy.mjs';
import { connected, leaveAll, range } from './lib/recovery.mjs';
import { Server } from './lib/server.mjs';
import { BACKSTOP } from '../lib/limits.mjs';

const SCRIPTS = path.join(path.dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')), 'dist');
const HEARTBEAT_MS = 40000;
// What ends by what a browser does ends in this time, however busy the machine is.
const AT_ONCE_MS = HEARTBEAT_MS / 8;
const WAYS = [['polling'], ['websocket'], ['polling', 'websocket']];

// A page that waits for what never comes ends its own test, and no other.
const test = (name, fn) => unbounded(name, BACKSTOP, fn);

let browser, pages, server, recovering, context;

before(async () => {
  [browser, pages] = await Promise.all([launch(), Pages.start()]);
  const calm = ['--scripts', SCRIPTS, '--cors', pages.origin, '--ping-interval', '20000', '--ping-timeout', '20000'];
  server = await Server.start(...calm);
  recovering = await Server.start(...calm, '--recovery', '60000', '--offset-event', '1');
});
after(async () => {
  await browser?.close();
  pages?.stop();
  const servers = [server, recovering];
  const counters = await Promise.all(servers.map((each) => each.counters()));
  await Promise.all(servers.map((each) => each.stop()));
  assert.deepEqual(counters.map(({ ping_timeouts }) => ping_timeouts), [0, 0], 'a clock has ended something');
});

// A page that goes between two polls leaves its session to the heartbeat: its socket leaves first.
async function leaveAndClose() {
  leaveAll();
  await Promise.all(context.pages().map((page) => page.evaluate(() => void globalThis.socket?.disconnect())));
  await Promise.all([server, recovering].map((each) => each.until(({ sessions }) => sessions === 0)));
  await context.close();
}

// Each test has a profile of its own, which has none of another's connections.
const useContext = () => {
  before(async () => (context = await browser.newContext()));
  afterEach(async () => {
    await leaveAndClose();
    context = await browser.newContext();
  });
  after(() => context.close());
};

const open = (edge = server.url) => pages.open(context, edge);
const connect = (page, namespace, options = {}) =>
  page.evaluate(([to, how]) => connect(to, how), [namespace, { withCredentials: true, ...options }]);

// Waits for the end of an upgrade: a page that leaves within one may leave a session to the heartbeat, which has no connection.
async function settled(page, transports) {
  if (transports.includes('websocket')) await page.waitForFunction(() => socket.io.engine.transport.name === 'websocket');
  assert.equal(await page.evaluate(() => socket.io.engine.transport.name), transports.at(-1));
}

async function joined(namespace, transports, edge) {
  const page = await open(edge);
  await connect(page, namespace, { transports });
  await settled(page, transports);
  return page;
}

// Resolves when a polling page's GET is held: it was sent before a POST that is answered.
async function held(page) {
  await page.evaluate(() => ask('message-with-ack', 1));
  const posted = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.evaluate(() => void socket.emit('nobody'));
  await posted;
}

for (const transports of WAYS) {
  describe(`over ${transports}`, () => {
    useContext();

    test('text, both ways, with answers and without', async () => {
      const page = await joined('', transports);
      const value = [1, '"2"', { 3: [true, null, 'ä\u2028€😀'] }];
      assert.deepEqual(await page.evaluate(async (sent) => {
        const back = heard('message-back');
        socket.emit('message', ...sent);
        return [await back, await ask('message-with-ack', sent)];
      }, value), [value, value]);
    });

    test('in order', async () => {
      const page = await joined('', transports);
      assert.deepEqual(await page.evaluate(() => new Promise((resolve) => {
        const got = [];
        socket.on('message-back', (n) => got.push(n) === 200 && resolve(got));
        for (let n = 0; n < 200; n++) socket.emit('message', n);
      })), range(0, 200));
    });

    for (const type of ['arraybuffer', 'blob']) {
      test(`an ArrayBuffer, a Blob and a File come back as ${type}`, async () => {
        const page = await joined('', transports);
        const kind = type === 'blob' ? 'Blob' : 'ArrayBuffer';
        const got = await page.evaluate(async (binaryType) => {
          const { engine } = socket.io;
          engine.binaryType = binaryType;
          if (engine.transport.ws) engine.transport.ws.binaryType = binaryType;
          const all = new Uint8Array(256).map((_, n) => n);
          const sent = [{ a: all.buffer }, [new Blob([all.subarray(1)])], new File([all.subarray(2)], 'a.bin'), 'text', new ArrayBuffer(0)];
          const back = heard('message-back');
          socket.emit('message', ...sent);
          return [await flat(await back), await flat(await ask('message-with-ack', sent))];
        }, type);
        const bytes = range(0, 256);
        const wanted = [{ a: { kind, bytes } }, [{ kind, bytes: bytes.slice(1) }], { kind, bytes: bytes.slice(2) }, 'text', { kind, bytes: [] }];
        assert.deepEqual(got, [wanted, wanted]);
      });
    }

    test('answers to the server: text, bytes, a Blob, and none in time', async () => {
      const page = await joined('/control', transports);
      assert.deepEqual(await page.evaluate(async () => {
        const bytes = Uint8Array.of(1, 0, 255);
        const answers = [[5, { a: 'ä' }], [bytes.buffer], [{ file: new File([bytes], 'a.bin') }, 'text']];
        const got = [];
        for (const answer of answers) {
          socket.once('question', (asked, done) => done(...answer));
          const answered = heard('answered');
          socket.emit('ask', 'why');
          got.push(await flat(await answered));
        }
        const unanswered = heard('unanswered');
        socket.emit('timed', 'why');
        return [...got, await unanswered];
      }), [[5, { a: 'ä' }], [{ kind: 'ArrayBuffer', bytes: [1, 0, 255] }], [{ file: { kind: 'ArrayBuffer', bytes: [1, 0, 255] } }, 'text'],
        ['timeout']]);
    });

    test('a message of 950 KB', async () => {
      const page = await joined('', transports);
      // Over polling a message's bytes are base64, which a third is added to.
      const sizes = [950000, transports.at(-1) === 'polling' ? 712000 : 950000];
      assert.deepEqual(await page.evaluate(async ([chars, bytes]) => {
        const text = 'xyz'.repeat(chars / 3), filled = new Uint8Array(bytes).map((_, n) => n * 7);
        const echoes = [await ask('message-with-ack', text), new Uint8Array(await ask('message-with-ack', filled))];
        return [echoes[0] === text, echoes[1].length === bytes && echoes[1].every((byte, n) => byte === filled[n])];
      }, sizes), [true, true]);
    });

    test('a page that is loaded again: its session ends at once', async () => {
      const page = await joined('', transports);
      if (transports.at(-1) === 'polling') await held(page);
      const { handshakes } = await server.counters();
      const [id, start] = [await page.evaluate(() => socket.id), performance.now()];
      await page.reload();
      await server.until(({ sessions, sockets }) => sessions === 0 && sockets === 0);
      assert.ok(performance.now() - start < AT_ONCE_MS);
      assert.notEqual(await connect(page, '', { transports }), id);
      await settled(page, transports);
      assert.equal((await server.counters()).handshakes, handshakes + 1);
    });

    for (const [how, leave] of [['is closed', (page) => page.close()], ['goes elsewhere', (page) => page.goto('about:blank')]]) {
      test(`a tab that ${how}: its session ends at once, and costs nothing`, async () => {
        const tabs = await Promise.all([1, 2, 3].map(() => joined('', transports)));
        if (transports.at(-1) === 'polling') await Promise.all(tabs.map(held));
        assert.equal((await server.counters()).sessions, 3);
        const start = performance.now();
        await Promise.all(tabs.map(leave));
        await server.until(({ sessions, sockets }) => sessions === 0 && sockets === 0);
        assert.ok(performance.now() - start < AT_ONCE_MS);
        assert.ok(await server.share() < 0.25);
      });
    }

    // Who sends what the page misses, and the numbers that the page has seen.
    async function watched(edge = recovering.url) {
      const page = await joined('/recovery', transports, edge);
      await page.evaluate(() => {
        window.numbers = [];
        window.goneWith = heard('disconnect');
        socket.on('n', (n) => numbers.push(n));
      });
      const [id, sender] = [await page.evaluate(() => socket.id), await connected(recovering.url)];
      await sender.emitWithAck('send', 'text', id, 0, 3);
      await page.waitForFunction(() => numbers.length === 3);
      return { page, id, sender };
    }

    async function recovers({ page, id }, count) {
      await page.waitForFunction((all) => socket.connected && numbers.length >= all, count);
      await settled(page, transports);
      assert.deepEqual(await page.evaluate(() => [socket.id, socket.recovered, numbers]), [id, true, range(0, count)]);
      assert.equal(await page.evaluate(async () => (await ask('who')).recovered), true);
    }

    test('the network goes and comes back: the same socket, and nothing is missed', async () => {
      const one = await watched();
      const { recovered } = await recovering.counters();
      await context.setOffline(true);
      assert.equal((await one.page.evaluate(() => goneWith))[0], 'transport close');
      await one.sender.emitWithAck('send', 'text', one.id, 3, 4);
      await context.setOffline(false);
      await recovers(one, 7);
      assert.equal((await recovering.counters()).recovered, recovered + 1);
    });

    test('the connection is cut: the same socket, and nothing is missed', async () => {
      const proxy = await Proxy.start(recovering.port);
      try {
        const one = await watched(proxy.url);
        for (const first of [3, 7]) {
          proxy.cut();
          assert.match((await one.page.evaluate(() => goneWith))[0], /^transport (close|error)$/);
          await one.sender.emitWithAck('send', 'text', one.id, first, 4);
          await one.page.evaluate(() => void (window.goneWith = heard('disconnect')));
          proxy.mend();
          await recovers(one, first + 4);
        }
        await leaveAndClose();
      } finally {
        await proxy.stop();
      }
    });
  });
}

describe('many', () => {
  useContext();

  test('ten tabs at once', async () => {
    const tabs = await Promise.all(range(0, 10).map(() => joined('/room', WAYS[2])));
    assert.equal((await server.counters()).sockets, 10);
    // All listen before the first one speaks.
    await Promise.all(tabs.map((tab) => tab.evaluate(() => {
      const got = [];
      window.all = new Promise((resolve) => socket.on('shouted', (n) => got.push(n) === 9 && resolve(got.sort())));
    })));
    await Promise.all(tabs.map((tab, own) => tab.evaluate((n) => void socket.emit('shout', n), own)));
    const heard = await Promise.all(tabs.map((tab) => tab.evaluate(() => all)));
    heard.forEach((got, own) => assert.deepEqual(got, range(0, 10).filter((n) => n !== own)));
    const start = performance.now();
    await context.close();
    await server.until(({ sessions }) => sessions === 0);
    assert.ok(performance.now() - start < AT_ONCE_MS);
  });

  test('polling keeps its connections', async () => {
    const proxy = await Proxy.start(server.port);
    let connections = 0, requests = 0;
    proxy.server.on('connection', () => connections++);
    try {
      const page = await open(proxy.url);
      page.on('request', () => requests++);
      await connect(page, '', { transports: ['polling'] });
      for (let n = 0; n < 50; n++) assert.equal(await page.evaluate((x) => ask('message-with-ack', x), n), n);
      assert.ok(requests > 100);
      // One for the GET and one for the POST; what a browser opens ahead comes on top, whatever is asked.
      assert.ok(connections <= 6, `${connections} connections for ${requests} requests`);
      await leaveAndClose();
    } finally {
      await proxy.stop();
    }
  });
});

describe('origins', () => {
  useContext();
  const handshake = (page) => page.evaluate(() => ask('handshake'));

  for (const transports of WAYS.slice(0, 2)) {
    test(`a stranger's page gets nothing over ${transports}`, async () => {
      const page = await pages.open(context, server.url, pages.stranger);
      const before = await server.counters();
      for (const withCredentials of [true, false]) {
        await assert.rejects(connect(page, '', { transports, withCredentials, reconnection: false }),
          new RegExp(transports[0] === 'polling' ? 'xhr poll error' : 'websocket error'));
      }
      const counters = await server.counters();
      assert.deepEqual([counters.handshakes, counters.sessions], [before.handshakes, 0]);
      assert.equal(counters.refused, before.refused + 2);
    });
  }

  test('the cookie comes with credentials alone; a WebSocket brings it', async () => {
    const page = await open();
    for (const [transports, withCredentials, cookie] of [
      [['polling'], true, true], [['polling'], false, false], [['websocket'], false, true]]) {
      await connect(page, '/control', { transports, withCredentials });
      const got = await handshake(page);
      assert.equal(/^cookie: visitor=ada$/m.test(got.headers), cookie, got.headers);
      assert.match(got.headers, new RegExp(`^origin: ${pages.origin}$`, 'm'));
      await page.evaluate(() => void socket.disconnect());
    }
  });

  test('headers of the page\'s own are asked for first', async () => {
    let asked = 0;
    const proxy = await Proxy.start(server.port);
    proxy.server.on('connection', (client) => client.on('data', (bytes) => (asked += /^OPTIONS /.test(bytes))));
    try {
      const page = await open(proxy.url);
      await connect(page, '/control', { transports: ['polling'], extraHeaders: { 'X-First': 'one' } });
      assert.match((await handshake(page)).headers, /^x-first: one$/m);
      assert.ok(asked > 0);
      await leaveAndClose();
    } finally {
      await proxy.stop();
    }
  });

  test('where all are allowed, a page without credentials comes in, and one with them not', async () => {
    const any = await Server.start('--scripts', SCRIPTS, '--ping-interval', '20000');
    const page = await pages.open(context, any.url, pages.stranger);
    assert.ok(await connect(page, '', { transports: ['polling'], withCredentials: false }));
    await assert.rejects(connect(page, '', { transports: ['polling'], reconnection: false }), /xhr poll error/);
    assert.ok(await connect(page, '', { transports: ['websocket'] }));
    await context.close();
    await any.stop();
  });
});

// A call at the port for other edges counts with the edges' key alone, once, and as it was signed; and the answer of another
// edge reaches a browser as status and body.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { launch } from '../page/lib/chromium.mjs';
import { introduce, startServers } from './lib/cluster.mjs';
import { Pages } from './lib/pages.mjs';
import { answered, authorized, KEY, sign } from './lib/proof.mjs';
import { connected, leaveAll } from './lib/recovery.mjs';
import { Frames, post, refusedUpgrade, request, tcp } from './lib/talk.mjs';

const CALM = ['--ping-interval', '20000', '--ping-timeout', '20000', '--recovery', '60000'];
const CHANGE = '/recovery/change';
const MINUTE = 60_000;

let owner, other;
const use = (...args) => {
  before(async () => ([owner, other] = await startServers(2, ...CALM, ...args)));
  after(() => Promise.all([owner, other].map((server) => server?.stop())));
  afterEach(leaveAll);
};

// A text as edges write it to each other.
function text(value) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([length, Buffer.from(value)]);
}

// Makes a socket that user's.
const change = (sid, user) => Buffer.concat([text(sid), Buffer.from(['u'.charCodeAt(0), 0, 0, 0, 0, 0, 0, 0]), text(user)]);

const internal = (path, body, headers) => post(`http://${owner.internal}${path}`, body, headers);
const proof = (body, more = {}) => ({ Authorization: sign({ to: owner.instance, path: CHANGE, body, ...more }) });
const refused = async () => (await owner.counters()).peers_refused;

// A socket of bob's.
async function victim() {
  const socket = await connected(owner.url);
  assert.equal(await socket.emitWithAck('iam', 'bob'), true);
  return { sid: socket.id, whose: async () => (await socket.emitWithAck('who')).user };
}

describe('a call', () => {
  use();

  test('with the key does what it says', async () => {
    const { sid, whose } = await victim();
    const body = change(sid, 'alice');
    assert.equal((await internal(CHANGE, body, proof(body))).status, 200);
    assert.equal(await whose(), 'alice');
  });

  test('that does not prove itself changes nothing', async () => {
    const { sid, whose } = await victim();
    const body = change(sid, '1');
    const right = proof(body).Authorization;
    const cases = {
      'no proof': {},
      'another scheme': { Authorization: 'Basic YWRtaW46YWRtaW4=' },
      'another key': proof(body, { key: `${KEY}r` }),
      'an empty key': proof(body, { key: '' }),
      'for another edge': proof(body, { to: other.instance }),
      'for another path': proof(body, { path: '/recovery/offer' }),
      'for another method': proof(body, { method: 'GET' }),
      'with another query': proof(body, { query: 'a=b' }),
      'for another body': proof(change(sid, '2')),
      'for no body': proof(''),
      'eleven minutes ago': proof(body, { time: Date.now() - 11 * MINUTE }),
      'in eleven minutes': proof(body, { time: Date.now() + 11 * MINUTE }),
      'no time': proof(body, { time: '' }),
      'a time that is none': proof(body, { time: '1e12' }),
      'cut': { Authorization: right.slice(0, -1) },
      'longer': { Authorization: `${right}0` },
      'its name changed': { Authorization: right.replace('tester', 'Tester') },
      'its number changed': { Authorization: right.replace(/ (\d+)(\d) /, (_, front, digit) => ` ${front}${(Number(digit) + 1) % 10} `) },
      'an answer\'s proof': { Authorization: answered('', 200, body).split(': ')[1].trim() },
    };
    for (const [name, headers] of Object.entries(cases)) {
      const before = await refused();
      assert.equal((await internal(CHANGE, body, headers)).status, 403, name);
      assert.equal(await refused(), before + 1, name);
      assert.equal(await whose(), 'bob', name);
    }
    assert.equal((await internal(CHANGE, body, { Authorization: right })).status, 200);
    assert.equal(await whose(), '1');
  });

  test('counts once', async () => {
    const { sid, whose } = await victim();
    const [first, second] = [change(sid, 'alice'), change(sid, 'carol')];
    const [early, late] = [proof(first), proof(second)];
    assert.equal((await internal(CHANGE, second, late)).status, 200);
    assert.equal((await internal(CHANGE, first, early)).status, 200, 'which one comes first does not matter');
    const before = await refused();
    for (const [body, headers] of [[second, late], [first, early], [second, late]])
      assert.equal((await internal(CHANGE, body, headers)).status, 403);
    assert.equal(await refused(), before + 3);
    assert.equal(await whose(), 'alice');
  });

  test('from an edge whose clock is five minutes away is believed', async () => {
    const { sid, whose } = await victim();
    for (const [i, minutes] of [-5, 5].entries()) {
      const body = change(sid, `user ${i}`);
      assert.equal((await internal(CHANGE, body, proof(body, { time: Date.now() + minutes * MINUTE }))).status, 200);
      assert.equal(await whose(), `user ${i}`);
    }
  });

  test('that ends too early changes nothing', async () => {
    const { sid, whose } = await victim();
    const body = change(sid, 'alice');
    const port = Number(owner.internal.split(':')[1]);
    const head = () => `POST ${CHANGE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${proof(body).Authorization}\r\n`;
    // Cut by its sender, who leaves.
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.end(Buffer.concat([Buffer.from(`${head()}Content-Length: ${body.length}\r\n\r\n`), body.subarray(0, -1)]));
    await once(socket, 'close');
    // Cut on the way, so that it seems whole.
    for (const part of [body.subarray(0, -1), Buffer.alloc(0)])
      assert.match(await tcp(port, Buffer.concat([Buffer.from(`${head()}Content-Length: ${part.length}\r\n\r\n`), part])), /^HTTP\/1\.1 403 /);
    assert.equal(await whose(), 'bob');
  });

  test('without the key does nothing to a session', async () => {
    const { body: opened } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(opened.slice(1));
    const path = `/engine.io/?EIO=4&transport=polling&sid=${sid}`;
    const held = request(`${owner.url}${path}`);
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const options = { method, ...(method === 'POST' && { body: '1', headers: { 'Content-Length': 1 } }) };
      assert.equal((await request(`http://${owner.internal}${path}`, options)).status, 403, method);
    }
    const upgrade = path.replace('polling', 'websocket');
    assert.equal(await refusedUpgrade(`ws://${owner.internal}${upgrade}`), 403);
    assert.equal(await refusedUpgrade(`ws://${owner.internal}${upgrade}`, { headers: authorized(other.instance, upgrade, { method: 'GET' }) }), 403);
    assert.equal((await post(`${owner.url}${path}`, '4still there')).body, 'ok');
    assert.equal((await held).body, '4still there');
    const signed = { headers: authorized(owner.instance, upgrade, { method: 'GET' }) };
    const frames = new Frames(`ws://${owner.internal}${upgrade}`, signed);
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    assert.equal(await refusedUpgrade(`ws://${owner.internal}${upgrade}`, signed), 403, 'a second time');
    await frames.close();
  });

  test('that is refused for what it asks is answered with a proof, and one without the key is not', async () => {
    const port = Number(owner.internal.split(':')[1]);
    const polling = `/engine.io/?EIO=4&transport=polling&sid=${owner.instance}.nobody`;
    const websocket = polling.replace('polling', 'websocket');
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    for (const [path, more] of [[polling, 'Connection: close\r\n'], [websocket, upgrade], ['/elsewhere', 'Connection: close\r\n']])
      for (const key of [KEY, `${KEY}r`]) {
        const { Authorization } = authorized(owner.instance, path, { method: 'GET', key });
        const head = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${Authorization}\r\n${more}\r\n`;
        const answer = await tcp(port, head);
        const status = key !== KEY ? 403 : path === '/elsewhere' ? 404 : 400;
        assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), answer);
        if (key === KEY) assert.ok(answer.includes(answered(head, status, answer.split('\r\n\r\n')[1])), answer);
        else assert.doesNotMatch(answer, /Authentication-Info/);
      }
  });

  test('passes whatever its query has', async () => {
    const before = await refused();
    for (const query of ['a=%3D', 'a=+&b=%2B', 'a==b', 'x', 'x=', '%C3%A4=%F0%9F%99%82', 'a=%26b%3D1', 'a=/?;,:@', "a='()*!~"]) {
      const { body } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
      const { sid } = JSON.parse(body.slice(1));
      const url = `${other.url}/engine.io/?${query}&EIO=4&transport=polling&sid=${sid}`;
      assert.equal((await post(url, '4x')).body, 'ok', query);
      assert.equal((await request(url)).body, '4x', query);
    }
    assert.equal(await refused(), before);
  });
});

describe('two keys', () => {
  const [fresh, old] = ['the-new-key-of-all-edges-of-this-test', 'the-old-key-of-all-edges-of-this-test'];
  use('--cluster-key', `${fresh},${old}`);

  test('both are believed, and no other', async () => {
    const { sid, whose } = await victim();
    for (const key of [fresh, old]) {
      const body = change(sid, key);
      assert.equal((await internal(CHANGE, body, proof(body, { key }))).status, 200);
      assert.equal(await whose(), key);
    }
    for (const key of [KEY, `${fresh},${old}`]) assert.equal((await internal(CHANGE, change(sid, ''), proof(change(sid, ''), { key }))).status, 403);
  });
});

describe('a peer that lies', () => {
  use();
  const path = '/engine.io/?EIO=4&transport=polling&sid=ghost.x';
  const script = '<script>alert(document.domain)</script>';

  // A peer that answers each request so; `signs` makes the proof's line.
  async function ghost(t, status, headers, body, signs = answered) {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (head) => socket.end(`HTTP/1.1 ${status} Whatever\r\n${signs(String(head), status, body)}` +
        `${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    await introduce(other, 'ghost', `127.0.0.1:${server.address().port}`);
  }

  const LIES = 'Content-Type: text/html\r\nSet-Cookie: visitor=mallory\r\nLocation: /evil\r\nX-Powered-By: evil\r\n' +
    'Access-Control-Allow-Origin: http://evil\r\nContent-Security-Policy: default-src *\r\nClear-Site-Data: "*"\r\n';

  test('has none of its headers reach a browser', async (t) => {
    const headersOf = ({ headers }) => Object.keys(headers).sort();
    const { body } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse(body.slice(1));
    await post(`${owner.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`, '4x');
    const page = { headers: { Origin: 'http://page' } };
    const honest = await request(`${owner.url}/engine.io/?EIO=4&transport=polling&sid=${sid}`, page);
    await ghost(t, 200, LIES, script);
    const answer = await request(`${other.url}${path}`, page);
    assert.equal(answer.body, script);
    assert.deepEqual(headersOf(answer), headersOf(honest));
    for (const name of ['content-type', 'access-control-allow-origin', 'cache-control', 'x-content-type-options'])
      assert.equal(answer.headers[name], honest.headers[name], name);
  });

  for (const [name, status, method] of [['a redirect', 302, 'GET'], ['a page for a post', 200, 'POST'], ['an error of its own', 500, 'GET']]) {
    test(`${name} is no answer`, async (t) => {
      await ghost(t, status, LIES, script);
      const answer = method === 'POST' ? await post(`${other.url}${path}`, '4x') : await request(`${other.url}${path}`);
      assert.deepEqual([answer.status, answer.body], [400, '{"code":1,"message":"Session ID unknown"}']);
    });
  }

  for (const [name, signs] of [
    ['no proof', () => ''],
    ['another key', (head, status, body) => answered(head, status, body, `${KEY}r`)],
    ['the proof of another answer', (head, status) => answered(head, status, 'another body')],
    ['the proof of another call', (_, status, body) => answered(`Authorization: Warren1 x ${'0'.repeat(64)}\r\n`, status, body)],
  ]) {
    test(`and has ${name} is not heard`, async (t) => {
      await ghost(t, 200, LIES, 'four', signs);
      const before = (await other.counters()).passed_failed;
      const answer = await request(`${other.url}${path}`).catch((error) => ({ error, body: '' }));
      assert.doesNotMatch(answer.body, /four/);
      assert.ok(answer.error || answer.status === 400);
      const frames = new Frames(`${other.ws}${path.replace('polling', 'websocket')}`);
      await frames.opened;
      assert.equal(await frames.closed, 1011);
      assert.equal((await other.counters()).passed_failed, before + 2);
    });
  }
});

describe('a page of another origin in Chromium', () => {
  use();
  let browser, pages;
  before(async () => ([browser, pages] = await Promise.all([launch(), Pages.start()])));
  after(async () => {
    await browser?.close();
    pages?.stop();
  });

  test('makes no socket another user\'s by a blind POST', async () => {
    const { sid, whose } = await victim();
    const context = await browser.newContext();
    const page = await pages.open(context, owner.url, pages.stranger);
    const before = await refused();
    const sent = await page.evaluate(async ([to, bytes]) => {
      const answer = await fetch(to, { method: 'POST', mode: 'no-cors', body: new Uint8Array(bytes) });
      return answer.type;
    }, [`http://${owner.internal}${CHANGE}`, [...change(sid, '1')]]);
    assert.equal(sent, 'opaque', 'it has arrived, and was answered');
    assert.equal(await whose(), 'bob');
    assert.equal(await refused(), before + 1);
    // With a proof's header there is a question first, which is refused as well.
    await assert.rejects(page.evaluate(([to, headers]) => fetch(to, { method: 'POST', headers, body: 'x' }),
      [`http://${owner.internal}${CHANGE}`, proof('x')]));
    await context.close();
  });
});

// What the edge answers over HTTP beside Socket.IO: routes, files, and other origins.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Server } from './lib/server.mjs';
import { Frames, post, refusedUpgrade, request, tcp } from './lib/talk.mjs';

const SCRIPTS = path.join(path.dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')), 'dist');
const LARGE = Buffer.alloc(3_000_000, 'a page that is larger than a socket holds ');
let server;
let folder;

before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'edge-files-'));
  await mkdir(path.join(folder, 'www', 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  const www = path.join(folder, 'www');
  await writeFile(path.join(www, 'index.html'), '<h1>ä</h1>');
  await writeFile(path.join(www, 'assets', 'a.js'), 'export default 1;\n');
  await writeFile(path.join(www, 'assets', 'large.bin'), LARGE);
  await writeFile(path.join(www, 'empty.css'), '');
  await writeFile(path.join(www, '.hidden'), 'secret');
  await symlink(path.join(folder, 'secret.txt'), path.join(www, 'link.txt'));
  server = await Server.start('--files', www, '--scripts', SCRIPTS, '--cors', 'http://good.example, http://other.example:8080',
    '--ping-interval', '20000');
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const get = (url, options) => request(server.url + url, options);

describe('routes', () => {
  test('the path decoded, the query as it was', async () => {
    const { status, headers, body } = await get('/mirror/a%20b/%C3%A4?x=1&y=%26%20z&k&e=');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(body, 'GET /mirror/a b/ä ?x=1&y=%26%20z&k&e= 0');
  });

  test('the longest match wins, and method counts', async () => {
    assert.match((await post(`${server.url}/mirror/deep/x`, 'abc')).body, /^POST \/mirror\/deep\/x \? 3$/);
    assert.match((await get('/mirror/deep/x')).body, /^GET/);
    assert.equal((await post(`${server.url}/mirror/x`, 'abc')).status, 405);
    assert.equal((await post(`${server.url}/nowhere`, 'abc')).status, 405);
  });

  test('HEAD has a length and no body', async () => {
    const { status, headers, body } = await get('/mirror/x', { method: 'HEAD' });
    assert.deepEqual([status, body], [200, '']);
    assert.equal(headers['content-length'], String('HEAD /mirror/x ? 0'.length));
  });

  test('a body of 900 KB comes back', async () => {
    const body = Buffer.alloc(900000, 'x');
    const answer = await post(`${server.url}/body`, body);
    assert.equal(answer.status, 200);
    assert.ok(answer.bytes.equals(body));
  });

  test('a body larger than allowed', async () => {
    assert.equal((await post(`${server.url}/body`, Buffer.alloc(1000001))).status, 413);
  });

  test('many requests on one connection', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => get(`/mirror/${i}`, { agent })));
    answers.forEach(({ body }, i) => assert.equal(body, `GET /mirror/${i} ? 0`));
    assert.equal(agent.totalSocketCount, 1);
    agent.destroy();
  });

  test('requests that come before the answer to the first are not taken: the connection is closed', async () => {
    const get = 'GET /mirror/x HTTP/1.1\r\nHost: x\r\n\r\n';
    const post = (n) => `POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: ${n}\r\n\r\n${'x'.repeat(n)}`;
    for (const bytes of [get + get, get + post(5), post(5) + post(5), post(5000) + post(5000) + get, get + post(1000000),
      get.repeat(40) + post(5) + post(90000), post(1000000) + post(1000000)]) {
      const text = await tcp(server.port, bytes);
      const answers = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
      // Past one read of libwebsockets, the close may reach a client that still writes as an error, so that it drops the answer
      // that came; and version 4.3 may read the second request before it lets the first answer out, and close.
      if (answers.length > 0 || bytes.length < 16000) assert.deepEqual(answers, ['200']);
    }
  });
});

describe('files', () => {
  test('the page, a script, an empty file', async () => {
    const page = await get('/');
    assert.deepEqual([page.status, page.body, page.headers['content-type']],
      [200, '<h1>ä</h1>', 'text/html; charset=utf-8']);
    const script = await get('/assets/a.js');
    assert.deepEqual([script.status, script.headers['content-type']], [200, 'text/javascript; charset=utf-8']);
    const empty = await get('/empty.css');
    assert.deepEqual([empty.status, empty.body], [200, '']);
  });

  test('a large one, also for a reader that takes its time', async () => {
    assert.ok((await get('/assets/large.bin')).bytes.equals(LARGE));
    const chunks = [];
    await new Promise((resolve, reject) => http.get(`${server.url}/assets/large.bin`, (res) => {
      res.on('data', (chunk) => {
        chunks.push(chunk);
        res.pause();
        setTimeout(() => res.resume(), 1);
      }).on('end', resolve).on('error', reject);
    }));
    assert.ok(Buffer.concat(chunks).equals(LARGE));
  });

  test('once known, not sent again', async () => {
    const { headers } = await get('/');
    const again = await get('/', { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([again.status, again.body], [304, '']);
    assert.equal((await get('/', { headers: { 'If-None-Match': '"other"' } })).status, 200);
  });

  for (const name of ['/missing', '/assets', '/assets/', '/.hidden', '/link.txt', '/../secret.txt', '/%2e%2e/secret.txt',
    '/assets/..%2f..%2f..%2fsecret.txt', '/..%5csecret.txt', '/assets/a.js/', '//etc/passwd', '/index.html%00.js']) {
    test(`not ${name}`, async () => {
      const text = await tcp(server.port, `GET ${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.doesNotMatch(text, /secret|root:/);
      assert.match(text, /^HTTP\/1\.1 (404 Not Found|400 Bad Request)\r\n/);
    });
  }
});

describe('the client\'s scripts', () => {
  for (const [name, type] of [['socket.io.js', 'text/javascript; charset=utf-8'], ['socket.io.js.map', 'application/json'],
    ['socket.io.min.js', 'text/javascript; charset=utf-8'], ['socket.io.min.js.map', 'application/json'],
    ['socket.io.esm.min.js', 'text/javascript; charset=utf-8'], ['socket.io.esm.min.js.map', 'application/json']]) {
    test(name, async () => {
      const { status, headers, bytes } = await get(`/socket.io/${name}`, { headers: { Origin: 'http://good.example' } });
      assert.equal(status, 200);
      assert.equal(headers['content-type'], type);
      assert.equal(headers['access-control-allow-origin'], 'http://good.example'); // a module of another origin is read
      assert.ok(bytes.equals(await readFile(path.join(SCRIPTS, name))));
      const again = await get(`/socket.io/${name}`, { headers: { 'If-None-Match': headers.etag } });
      assert.equal(again.status, 304);
    });
  }

  test('nothing else, and the protocol as before', async () => {
    assert.equal((await get('/socket.io/package.json')).status, 404);
    assert.equal((await get('/socket.io/../package.json')).status, 404);
    assert.equal((await post(`${server.url}/socket.io/socket.io.js`, 'x')).status, 405);
    assert.equal(JSON.parse((await get('/socket.io/')).body).message, 'Transport unknown');
  });

  test('none without the option, or when the folder is missing', async () => {
    for (const args of [[], ['--scripts', '/nowhere/at/all']]) {
      const bare = await Server.start(...args);
      assert.equal((await request(`${bare.url}/socket.io/socket.io.js`)).status, 404);
      assert.equal((await request(`${bare.url}/socket.io/?EIO=4&transport=polling`)).status, 200);
      await bare.stop();
    }
  });
});

describe('what clients say at times', () => {
  const body = '4' + 'x'.repeat(5000);
  const post = (sid) => `POST /engine.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
  const session = async () => JSON.parse((await get('/engine.io/?EIO=4&transport=polling')).body.slice(1)).sid;

  test('Expect: 100-continue: told to go on, and then answered', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    let text = '';
    socket.write(post(await session()));
    for await (const chunk of socket) {
      text += chunk;
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      else if (text.endsWith('ok')) break;
    }
    assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  test('Expect: 100-continue of what is refused by its head: no 100', async () => {
    assert.match(await tcp(server.port, post('zzz'), /Session ID unknown/), /^HTTP\/1\.1 400 /);
    const large = post(await session()).replace(/Content-Length: \d+/, 'Content-Length: 1000001');
    assert.match(await tcp(server.port, large, /\r\n\r\n/), /^HTTP\/1\.1 413 /);
  });

  test('a head of 15 KB, as a page with many cookies has', async () => {
    const large = await Server.start('--max-head', '16384');
    const headers = { Cookie: 'x'.repeat(15000) };
    assert.equal((await request(`${large.url}/socket.io/?EIO=4&transport=polling`, { headers })).status, 200);
    const frames = new Frames(`${large.ws}/socket.io/?EIO=4&transport=websocket`, { headers });
    assert.match(await frames.text(), /^0/);
    await frames.close();
    await large.stop();
  });

  test('an empty argument in a query hides none behind it', async () => {
    for (const query of ['EIO=4&&transport=polling', '&EIO=4&transport=polling', 'EIO=4&transport=polling&&', `x=${'y'.repeat(2000)}&&EIO=4&transport=polling`])
      assert.equal((await get(`/socket.io/?${query}`)).status, 200, query);
    assert.equal((await get('/socket.io/?EIO=4&&')).status, 400);
    assert.equal((await get('/mirror/x?a=1&&b=2')).body, 'GET /mirror/x ?a=1&&b=2 0');
  });

  test('a path without the slash at its end', async () => {
    assert.equal((await get('/socket.io?EIO=4&transport=polling')).status, 200);
    for (const path of ['/socket.i', '/socket.io/x', '/socket.iox']) assert.equal((await get(`${path}?EIO=4&transport=polling`)).status, 404, path);
    const frames = new Frames(`${server.ws}/socket.io?EIO=4&transport=websocket`);
    assert.match(await frames.text(), /^0/);
    await frames.close();
  });
});

describe('other origins', () => {
  const handshake = '/socket.io/?EIO=4&transport=polling';
  const good = { Origin: 'http://good.example' };

  test('an allowed one', async () => {
    const { status, headers } = await get(handshake, { headers: good });
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], 'http://good.example');
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.equal(headers.vary, 'Origin');
  });

  test('the same one, and none', async () => {
    const same = await get(handshake, { headers: { Origin: server.url } });
    assert.deepEqual([same.status, same.headers['access-control-allow-origin']], [200, undefined]);
    assert.equal((await get(handshake)).status, 200);
  });

  test('a refused one is counted', async () => {
    const first = await server.counters();
    assert.equal((await get(handshake, { headers: { Origin: 'http://shop.example:8080', Host: 'shop.example' } })).status, 403);
    const { refused, refused_origin } = await server.counters();
    assert.deepEqual([refused_origin - first.refused_origin, refused - first.refused], [1, 1]);
  });

  for (const Origin of ['http://evil.example', 'http://good.example.evil', 'null', 'http://good']) {
    test(`refused: ${Origin}`, async () => {
      const answer = await get(handshake, { headers: { Origin } });
      assert.equal(answer.status, 403);
      assert.equal(answer.body, '{"code":4,"message":"Forbidden"}');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      const ws = `${server.ws}/socket.io/?EIO=4&transport=websocket`;
      assert.equal(await refusedUpgrade(ws, { headers: { Origin } }), 403);
    });
  }

  test('WebSocket from an allowed one', async () => {
    const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`, { headers: good });
    assert.match(await frames.text(), /^0/);
    await frames.close();
  });

  test('preflight', async () => {
    const headers = { ...good, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-token' };
    const answer = await get(handshake, { method: 'OPTIONS', headers });
    assert.deepEqual([answer.status, answer.body], [204, '']);
    assert.equal(answer.headers['access-control-allow-origin'], 'http://good.example');
    assert.match(answer.headers['access-control-allow-methods'], /POST/);
    assert.equal(answer.headers['access-control-allow-headers'], 'x-token');
    const evil = await get(handshake, { method: 'OPTIONS', headers: { ...headers, Origin: 'http://evil.example' } });
    assert.equal(evil.headers['access-control-allow-origin'], undefined);
  });

  test('credentials only where the origin is named', async () => {
    for (const Origin of ['http://good.example', 'http://other.example:8080', 'HTTP://Good.example']) {
      const { status, headers } = await get(handshake, { headers: { Origin } });
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], Origin);
      assert.equal(headers['access-control-allow-credentials'], 'true');
    }
    const open = await Server.start();
    const { headers } = await request(`${open.url}${handshake}`, { headers: good });
    assert.equal(headers['access-control-allow-credentials'], undefined);
    await open.stop();
  });

  test('all answers of a session may be read: GET, POST, refusals', async () => {
    const { body } = await get(handshake, { headers: good });
    const url = `${handshake}&sid=${JSON.parse(body.slice(1)).sid}`;
    const answers = [
      await post(server.url + url, '40', good),
      await get(url, { headers: good }),
      await get(`${handshake}&sid=zzz`, { headers: good }),
      await get(handshake.replace('EIO=4', 'EIO=3'), { headers: good }),
      await post(server.url + url, 'x'.repeat(1000001), good),
      await post(server.url + url, 'bad', good),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 400, 400, 413, 400]);
    for (const { headers } of answers) {
      assert.equal(headers['access-control-allow-origin'], 'http://good.example');
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal(headers.vary, 'Origin');
    }
  });

  test('any error may be read, whoever says it, by the pages that may talk to the edge', async () => {
    const long = { 'X-Long': 'x'.repeat(20000) };
    const chunked = { 'Transfer-Encoding': 'chunked' };
    for (const [status, ask] of [
      [404, (from) => get('/nothing', { headers: from })],
      [405, (from) => post(`${server.url}/`, 'x', from)],
      [411, (from) => request(`${server.url}/`, { method: 'POST', headers: { ...from, ...chunked } })],
      [413, (from) => post(`${server.url}/body`, 'x'.repeat(1000001), from)],
      [431, (from) => get('/', { headers: { ...from, ...long } })],
    ]) {
      const answer = await ask(good);
      assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [status, 'http://good.example']);
      const evil = await ask({ Origin: 'http://evil.example' });
      assert.deepEqual([evil.status, evil.headers['access-control-allow-origin']], [status, undefined]);
    }
  });

  test('a session of one origin is not for another', async () => {
    const { body } = await get(handshake, { headers: good });
    const { sid } = JSON.parse(body.slice(1));
    const ws = `${server.ws}/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    assert.equal(await refusedUpgrade(ws, { headers: { Origin: 'http://evil.example' } }), 403);
    const frames = new Frames(ws, { headers: good });
    await frames.opened;
    frames.send('2probe');
    assert.equal(await frames.text(), '3probe');
    await frames.close();
  });

  test('other pages of this server are not theirs', async () => {
    assert.equal((await get('/', { headers: good })).headers['access-control-allow-origin'], undefined);
  });

  test('any, when all are allowed', async () => {
    const open = await Server.start();
    const { status, headers } = await request(`${open.url}${handshake}`, { headers: { Origin: 'http://evil.example' } });
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, '*']);
    await open.stop();
  });
});

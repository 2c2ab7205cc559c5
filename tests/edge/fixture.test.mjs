// The fixture's command line, of the program and of ./dev fixture: what it refuses, and how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { Server } from './lib/server.mjs';

const PROGRAM = [path.join(process.env.WARREN_BIN ?? 'build/bin', 'edge_fixture_server')];
const DEV = [new URL('../../dev', import.meta.url).pathname, 'fixture'];

// Runs a command to its end.
async function run([command, ...before], ...args) {
  const child = spawn(command, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (data) => (said[stream] += data));
  const [code] = await once(child, 'close');
  return { code, ...said };
}

for (const [name, command, code, prefix] of [['the program', PROGRAM, 2, ''], ['./dev fixture', DEV, 1, 'dev: ']]) {
  for (const [args, told] of [
    [['--port', 'abc'], /^--port takes a number .*65535, not abc$/],
    [['--port', '65536'], /^--port takes a number .*65535, not 65536$/],
    [['--port', '80x'], /^--port takes a number .*65535, not 80x$/],
    [['--port', '-1'], /^--port takes a number .*65535, not -1$/],
    [['--port', ''], /^--port takes a number .*65535, not $/],
    [['--port'], /^--port takes a value$/],
    [['--client', '--port'], /^--port takes a value$/],
    [['--wat'], /^unknown option --wat(; see .\/dev help)?$/],
    [['--client', '5'], /^unknown option 5(; see .\/dev help)?$/],
  ]) {
    test(`${name} refuses ${args.join(' ')} in one line`, async () => {
      const { code: ended, stdout, stderr } = await run(command, ...args);
      assert.deepEqual([ended, stdout], [code, '']);
      assert.equal(stderr.indexOf('\n'), stderr.length - 1, stderr);
      assert.ok(stderr.startsWith(prefix));
      assert.match(stderr.slice(prefix.length, -1), told);
    });
  }
}

test('a number that is none, and one that is too large, of any other option', async () => {
  for (const value of ['1x', '', '4294967296', '99999999999999999999']) {
    const { code, stderr } = await run(PROGRAM, '--max-payload', value);
    assert.deepEqual([code, stderr], [2, `--max-payload takes a number up to 4294967295, not ${value}\n`]);
  }
});

test('a port in use', async () => {
  const server = await Server.start();
  for (const [command, told] of [[PROGRAM, /^port \d+ .*in use.*\n$/], [DEV, /^dev: port \d+ is in use; .*\n$/]]) {
    const { code, stdout, stderr } = await run(command, '--port', String(server.port));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, told);
    assert.match(stderr, new RegExp(` ${server.port} `));
  }
  await server.stop();
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  for (const args of [[], ['--client']]) {
    test(`${signal} ends it in order, clients or not: ${args}`, async () => {
      const server = await Server.start(...args);
      const socket = io(server.url, { reconnection: false, transports: ['websocket'] });
      await once(socket, 'connect');
      const [closed, said] = [once(socket, 'disconnect'), once(server.lines, 'line')];
      server.child.kill(signal);
      assert.match((await closed)[0], /^transport/);
      assert.deepEqual(await said, ['stopped']);
      assert.deepEqual([await server.exit, server.errors], [[0, null], '']);
    });
  }
}

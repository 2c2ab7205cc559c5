// Starts the edge's fixture server on a free port and stops it; a sanitizer's complaint fails the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { request } from './talk.mjs';

const BIN = process.env.WARREN_BIN ?? 'build/bin';

export class Server {
  static start(...args) {
    return Server.startWith({}, ...args);
  }

  static async startWith(env, ...args) {
    const server = new Server();
    server.child = spawn(path.join(BIN, 'edge_fixture_server'), args,
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    server.errors = '';
    server.child.stderr.on('data', (data) => (server.errors += data));
    server.exit = once(server.child, 'exit');
    const lines = readline.createInterface({ input: server.child.stdout });
    server.lines = lines;
    const first = await Promise.race([once(lines, 'line'), server.exit.then(() => ['exited'])]);
    const match = /^listening (\d+)$/.exec(first[0]);
    assert.ok(match, `the server did not start: ${first[0]} ${server.errors}`);
    server.port = Number(match[1]);
    server.pid = server.child.pid;
    server.tls = args.includes('--tls-key') ? 's' : '';
    server.url = `http${server.tls}://127.0.0.1:${server.port}`;
    server.ws = `ws${server.tls}://127.0.0.1:${server.port}`;
    return server;
  }

  async stop() {
    this.child.kill('SIGTERM');
    const [code, signal] = await this.exit;
    assert.deepEqual({ code, signal, errors: this.errors }, { code: 0, signal: null, errors: '' });
  }

  // Ends it without a word.  Again: nothing.
  async kill() {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  // On a connection of its own, which is one of those that are counted.
  async counters() {
    return JSON.parse((await request(`${this.url}/counters`)).body);
  }

  // Asks until the counters are as wanted; the test's own timeout is the limit.
  async until(wanted) {
    for (;;) {
      const counters = await this.counters();
      if (wanted(counters)) return counters;
    }
  }

  // Processor time in clock ticks.
  async ticks() {
    const fields = (await readFile(`/proc/${this.pid}/stat`, 'utf8')).split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }

  // Share of a processor that it takes during a second.
  async share() {
    const [from, start] = [await this.ticks(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return ((await this.ticks()) - from) * 10 / (performance.now() - start);
  }
}

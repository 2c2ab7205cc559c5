// Programs that a bench starts, and what the kernel says of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import readline from 'node:readline';

export const span = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const rssBytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

// Nanoseconds on a processor, of all threads that live.
export function cpuNs(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return ns;
}

// No port is given twice, though the first may not be in use yet when the next is asked for.
const givenPorts = new Set();

export async function freePort() {
  for (;;) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    if (givenPorts.has(port)) continue;
    givenPorts.add(port);
    return port;
  }
}

// At its end the bench ends the programs that it started, the last one first.
const endings = [];
export const atEnd = (end) => endings.push(end);
async function endAll() {
  while (endings.length > 0) await endings.pop()();
}
let ending;
export const end = () => (ending ??= endAll());
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => end().finally(() => process.exit(1)));

const isReady = (port) => new Promise((resolve) => {
  http.get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on('error', () => resolve(false));
});

export class Program {
  static start(command, args, env = {}) {
    const program = new Program();
    program.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    program.exit = once(program.child, 'exit');
    program.lines = readline.createInterface({ input: program.child.stdout })[Symbol.asyncIterator]();
    program.pid = program.child.pid;
    atEnd(() => program.stop());
    return program;
  }

  async line() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.child.spawnfile} ended`);
    return value;
  }

  // Of a program that says on which port it listens.
  async listening() {
    this.port = Number(/^listening ?(\d*)$/.exec(await this.line())[1]);
    return this;
  }

  // Of a program that says at a port when it is ready.
  async ready(port) {
    while (!(await isReady(port))) if (this.child.exitCode !== null) throw new Error(`${this.child.spawnfile} did not start`);
    return this;
  }

  // An order that is answered with a line.
  order(text) {
    this.tell(text);
    return this.line();
  }

  tell(text) {
    this.child.stdin.write(`${text}\n`);
  }

  // For one that ends with its standard input.
  async close() {
    this.child.stdin.end();
    await this.exit;
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.exit;
  }

  // Until it has nothing to do any more: what was sent to it has been taken.
  async calm() {
    for (let before = -1, now; (now = cpuNs(this.pid)) - before > 2e6; await span(200)) before = now;
  }
}

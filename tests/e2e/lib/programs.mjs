// Starts the real programs on free ports, reads their logs line by line, and stops them, also when a test failed.
//
//   const system = await startSystem(t);              // by the environment: memory: in one process, or RABBITMQ_URL
//   const socket = await system.connect();            // stock socket.io-client
//   await system.user.line((line) => line.msg === "…"); // awaits a log line
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { slow } from "../../lib/limits.mjs";
import { brokerUrl, importDefinitions, urlFor } from "./accounts.mjs";

export { brokerUrl };

const ROOT = new URL("../../..", import.meta.url).pathname;
const BIN = process.env.WARREN_BIN ?? path.join(ROOT, "build/asan/bin");
const DEFINITIONS = path.join(ROOT, "generated/rabbitmq/definitions.json");
// The key of the routers of one system.
export const CLUSTER_KEY = "the-key-of-all-routers-of-these-tests";
const AWAIT_MS = slow(60_000);

// No port is given twice, though the first may not be in use yet when the next is asked for.
const givenPorts = new Set();

export async function freePort() {
  for (;;) {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    if (givenPorts.has(port)) continue;
    givenPorts.add(port);
    return port;
  }
}

// Fails, with what was awaited, when it does not happen within a generous bound.
export function within(promise, what, ms = AWAIT_MS) {
  let timer;
  const bound = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not happen within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, bound]).finally(() => clearTimeout(timer));
}

export class Program {
  constructor(name, env, cwd) {
    this.name = name;
    this.lines = [];
    this.stderr = "";
    this.waiting = new Set();
    this.opsPort = env.OPS_PORT; // see ops.mjs
    this.child = spawn(path.join(BIN, name), { cwd, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => {
      this.child.on("exit", (code, signal) => {
        this.exit = { code, signal };
        for (const waiter of this.waiting) waiter();
        resolve(this.exit);
      });
    });
    createInterface({ input: this.child.stdout }).on("line", (text) => {
      this.lines.push(JSON.parse(text));
      for (const waiter of this.waiting) waiter();
    });
    this.child.stderr.on("data", (data) => (this.stderr += data));
  }

  // Resolves with the first log line, past or future, that satisfies `wanted`.
  line(wanted, what = String(wanted)) {
    return within(
      new Promise((resolve, reject) => {
        const look = () => {
          const found = this.lines.find(wanted);
          if (!found && !this.exit) return;
          this.waiting.delete(look);
          if (found) resolve(found);
          else reject(new Error(`${this.name} ended (${JSON.stringify(this.exit)}) before: ${what}\n${this.tail()}`));
        };
        this.waiting.add(look);
        look();
      }),
      `${this.name} logs ${what}\n${this.tail()}`,
    );
  }

  tail() {
    return [...this.lines.slice(-15).map((line) => JSON.stringify(line)), this.stderr.slice(-4000)].join("\n");
  }

  async stop() {
    if (!this.exit) this.child.kill("SIGTERM");
    try {
      await within(this.ended, `${this.name} ends after SIGTERM`);
    } catch (error) {
      this.child.kill("SIGKILL");
      throw error;
    }
    assert.deepEqual(this.exit, { code: 0, signal: null }, `${this.name} did not stop in order:\n${this.tail()}`);
  }
}

export async function temporaryFolder(t) {
  const folder = await mkdtemp(path.join(tmpdir(), "warren-e2e-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

// The settings that make a test fast: Argon2id at its lowest.
export function settings(folder, extra = {}) {
  return {
    LOG_LEVEL: "debug",
    INTERNAL_API_HOST: "127.0.0.1",
    CLUSTER_KEY,
    DATABASE_URL: `sqlite:${path.join(folder, "user.db")}`,
    CLIENT_DIR: path.join(ROOT, "client/dist"),
    DOCS_DIR: path.join(ROOT, "generated/docs"),
    PASSWORD_OPSLIMIT: "1",
    PASSWORD_MEMLIMIT: "8192",
    ...extra,
  };
}

// The broker is there and everything is declared.
export function ready(program) {
  return program.line((line) => line.msg === "ready", "ready");
}

// All sockets of a test, closed when it ends.
export function connector(t, port) {
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.disconnect()));
  return async (options = {}) => {
    const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, ...options });
    sockets.push(socket);
    await within(once(socket, "connect"), "a socket connects");
    return socket;
  };
}

// `routers` and `users` processes over RabbitMQ, each under its service's account (with `url`: under that one, which is then
// trusted), or all-in-one over memory: when RABBITMQ_URL is not set.
export async function startSystem(t, { routers = 1, users = 1, env = {}, url } = {}) {
  const programs = [];
  // Hooks run in the order in which they are set: first the programs end, then their folder goes.
  t.after(() => Promise.all(programs.map((program) => (program.exit ? undefined : program.stop()))));
  const folder = await temporaryFolder(t);
  const start = (name, extra = {}) => {
    const account = brokerUrl && { BROKER_URL: urlFor(`demo.${name}`) };
    const program = new Program(name, settings(folder, { ...account, ...env, ...extra }), folder);
    programs.push(program);
    return program;
  };

  const system = { folder, programs, start, ports: [], users: [], routers: [] };
  const asked = async (name, extra) => start(name, { OPS_PORT: String(await freePort()), ...extra });
  const broker = url ? { BROKER_URL: url, BROKER_TRUST: "all" } : {};
  if (brokerUrl) {
    if (!url) await importDefinitions(DEFINITIONS);
    for (let n = 0; n < users; n++) system.users.push(await asked("user", broker));
    for (let n = 0; n < routers; n++) {
      system.ports.push(await freePort());
      system.routers.push(await asked("router", { INTERNAL_API_PORT: String(system.ports[n]), ...broker }));
    }
  } else {
    assert.equal(routers, 1, "memory: is one process");
    system.ports.push(await freePort());
    system.users.push(await asked("all-in-one", { INTERNAL_API_PORT: String(system.ports[0]) }));
    system.routers.push(system.users[0]);
  }
  system.user = system.users[0];
  await Promise.all(programs.map(ready));
  system.connects = system.ports.map((port) => connector(t, port));
  system.connect = system.connects[0];
  return system;
}

export function emit(socket, event, ...args) {
  return within(socket.timeout(AWAIT_MS).emitWithAck(event, ...args), `the ack of ${event}`);
}

export function next(socket, event) {
  return within(
    once(socket, event).then(([value]) => value),
    `the event ${event}`,
  );
}

let accounts = 0;
export function freshName() {
  accounts += 1;
  return `person-${process.pid}-${accounts}`;
}

export const PASSWORD = "correct horse battery staple";

export async function register(socket) {
  const name = freshName();
  assert.deepEqual(await emit(socket, "userRegister", { name, password: PASSWORD }), { name });
  return name;
}

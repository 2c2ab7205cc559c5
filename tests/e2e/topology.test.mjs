// What stands on the broker: definitions.json is what the services declare, and a queue that stands otherwise is that one consumer's
// trouble.  Over RabbitMQ only; each test begins with a vhost of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import amqp from "amqplib";
import { brokerUrl, emit, freshName, PASSWORD, startSystem, temporaryFolder, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;
const run = promisify(execFile);
const DEFINITIONS = path.join(new URL("../..", import.meta.url).pathname, "generated/rabbitmq/definitions.json");
const OBSTACLE = "the broker cannot give what was asked";

let vhosts = 0;
const rabbitmqctl = async (...args) => (await run("rabbitmqctl", ["-q", ...args])).stdout;

// It goes with the broker when the suite ends.  A hook that deleted it would come before the one that ends the programs, and a program
// whose vhost is gone uses all of its drain.
async function freshVhost() {
  const vhost = `topology-${process.pid}-${(vhosts += 1)}`;
  await rabbitmqctl("add_vhost", vhost);
  await rabbitmqctl("set_permissions", "-p", vhost, "guest", ".*", ".*", ".*");
  return { vhost, url: `${brokerUrl}/${vhost}` };
}

async function openChannel(t, url) {
  const connection = await amqp.connect(url);
  t.after(() => connection.close().catch(() => {}));
  return connection.createChannel();
}

// What the vhost has now, as definitions.json writes it; what an instance makes for itself is left out.
async function standing(vhost, folder) {
  const file = path.join(folder, "definitions.json");
  await run("rabbitmqctl", ["-q", "export_definitions", file]);
  const all = JSON.parse(await readFile(file, "utf8"));
  const own = (row) => row.vhost === vhost;
  const forInstance = (name) => /^demo\.router\.[a-z2-7]{12}$/.test(name);
  const rows = (list, describe) => list.filter(own).map(describe).sort();
  const sorted = (object) => JSON.stringify(Object.entries(object).sort());
  return {
    exchanges: rows(all.exchanges, (e) => `${e.name} ${e.type} ${e.durable} ${e.auto_delete} ${e.internal} ${sorted(e.arguments)}`),
    queues: rows(all.queues.filter((q) => !forInstance(q.name)), (q) => `${q.name} ${q.durable} ${q.auto_delete} ${sorted(q.arguments)}`),
    bindings: rows(all.bindings.filter((b) => !forInstance(b.destination)), (b) => `${b.source} ${b.destination} ${b.routing_key}`),
  };
}

async function importDefinitions(vhost, folder) {
  const file = path.join(folder, "import.json");
  const text = await readFile(DEFINITIONS, "utf8");
  await writeFile(file, text.replaceAll('"vhost": "/"', `"vhost": "${vhost}"`));
  await run("rabbitmqctl", ["-q", "import_definitions", file]);
}

const start = (t, url, env = {}) => startSystem(t, { env: { ...env }, url });

async function serves(system) {
  const socket = await system.connect();
  const name = freshName();
  assert.deepEqual(await emit(socket, "userRegister", { name, password: PASSWORD }), { name });
  assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
}

const obstacles = (system) => system.programs.flatMap((program) => program.lines.filter((line) => line.msg === OBSTACLE));

test("definitions.json is exactly what the services declare", options, async (t) => {
  const folder = await temporaryFolder(t);
  const imported = await freshVhost(), declared = await freshVhost();
  await importDefinitions(imported.vhost, folder);
  const before = await standing(imported.vhost, folder);
  assert.ok(before.queues.length > 5 && before.bindings.length > 5);

  const one = await start(t, imported.url);
  await serves(one);
  assert.deepEqual(obstacles(one), []);
  assert.deepEqual(await standing(imported.vhost, folder), before);

  const other = await start(t, declared.url);
  await serves(other);
  assert.deepEqual(obstacles(other), []);
  assert.deepEqual(await standing(declared.vhost, folder), before);
});

// Each way in which one consumer's queue may stand otherwise.
const QUEUE = "demo.user.userRegister";
const AS_IT_IS = {
  "x-queue-type": "quorum", "x-delivery-limit": 1000, "x-overflow": "reject-publish",
  "x-dead-letter-exchange": "demo.user.dead", "x-dead-letter-strategy": "at-least-once",
};

test("a queue that stands with another TTL and length is used as it stands, and told with the mend", options, async (t) => {
  const { url } = await freshVhost();
  const channel = await openChannel(t, url);
  await channel.assertQueue(QUEUE, { durable: true, arguments: { ...AS_IT_IS, "x-message-ttl": 77000, "x-max-length": 5000 } });
  const system = await start(t, url);
  await serves(system);
  for (const program of system.programs) {
    const told = program.lines.filter((line) => line.msg === OBSTACLE);
    assert.equal(told.length, 1, program.tail());
    assert.equal(told[0].name, QUEUE);
    assert.equal(told[0].obstacle, "tuned");
    assert.match(told[0].reason, /x-message-ttl 77000 where the schema says none/);
    assert.match(told[0].reason, /x-max-length 5000 where the schema says none/);
    assert.match(told[0].reason, /delete the queue/);
  }
});

test("a queue of another kind stops its consumer alone; when it is deleted all is well", options, async (t) => {
  const { url } = await freshVhost();
  const channel = await openChannel(t, url);
  await channel.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "classic" } });
  const system = await start(t, url);
  const told = await system.user.line((line) => line.msg === OBSTACLE && line.name === QUEUE);
  assert.equal(told.obstacle, "breaks");
  assert.match(told.reason, /x-\S+ .* where the schema says /);
  // The other consumer of the same service answers; its producer publishes to both.
  const socket = await system.connect();
  assert.equal((await emit(socket, "userLogin", { name: freshName(), password: PASSWORD })).ok, false);
  assert.equal((await channel.checkQueue(QUEUE)).consumerCount, 0);

  await channel.deleteQueue(QUEUE);
  await Promise.all(system.programs.map((program) =>
    program.line((line) => line.msg === "an obstacle on the broker is gone" && line.name === QUEUE)));
  await within((async () => { while ((await channel.checkQueue(QUEUE)).consumerCount === 0); })(), "it is consumed");
  await serves(system);
});

test("an account that may not configure works where all is declared", options, async (t) => {
  const folder = await temporaryFolder(t);
  const { vhost, url } = await freshVhost();
  await importDefinitions(vhost, folder);
  const account = `account-${vhost}`;
  await rabbitmqctl("add_user", account, "secret");
  t.after(() => rabbitmqctl("delete_user", account));
  // An edge's instance makes a queue for itself; beside that it may make nothing.
  await rabbitmqctl("set_permissions", "-p", vhost, account, "^demo\\.router\\.[a-z2-7]{12}$", ".*", ".*");
  const system = await start(t, url.replace(/\/\/[^@]*@/, `//${account}:secret@`));
  await serves(system);
  assert.deepEqual(obstacles(system), []);
});

test("stages of one system share a vhost", options, async (t) => {
  const { vhost, url } = await freshVhost();
  const one = await start(t, url, { SYSTEM_SUFFIX: "-one" });
  const two = await start(t, url, { SYSTEM_SUFFIX: "-two" });
  const [a, b] = [await one.connect(), await two.connect()];
  const name = freshName();
  assert.deepEqual(await emit(a, "userRegister", { name, password: PASSWORD }), { name });
  // Each stage has accounts of its own: who registered in one is unknown to the other.
  for (let i = 0; i < 6; i++) {
    assert.equal((await emit(a, "userLogin", { name, password: PASSWORD })).ok, true);
    assert.equal((await emit(b, "userLogin", { name, password: PASSWORD })).ok, false);
  }
  const names = (await rabbitmqctl("-p", vhost, "list_queues", "name")).trim().split("\n").filter((line) => line.startsWith("demo"));
  assert.ok(names.length > 10);
  assert.deepEqual(names.filter((line) => !/^demo-(one|two)\./.test(line)), []);
});

test("a queue whose consumer the schema dropped is told at the start, until it is deleted", options, async (t) => {
  const { url } = await freshVhost();
  const first = await start(t, url);
  await serves(first);
  const channel = await openChannel(t, url);
  const queue = "demo.user.userForgotten", record = "demo.user.topology";
  await within((async () => { while ((await channel.checkQueue(record)).messageCount !== 1); })(), "its own record");
  await Promise.all(first.programs.map((program) => program.stop()));

  // As if the schema had had another consumer when the service started the last time.
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.bindQueue(queue, "demo", "userLogin.*");
  channel.sendToQueue(record, Buffer.from(`${queue}\n`), { persistent: true });
  await within((async () => { while ((await channel.checkQueue(record)).messageCount !== 2); })(), "two records");

  const second = await start(t, url);
  const told = await second.user.line((line) => line.name === queue && line.obstacle === "stale");
  assert.match(told.reason, /nobody in this schema consumes it any more/);
  await serves(second); // and nothing else notices
  await within((async () => { while ((await channel.checkQueue(record)).messageCount !== 1); })(), "one record");

  await channel.deleteQueue(queue);
  await second.user.line((line) => line.msg === "an obstacle on the broker is gone" && line.name === queue);
});

// An operator deletes a queue, a binding, an exchange while all run: a request is told as unavailable, or served; soon it is served again.
for (const [what, harm] of [
  ["the queue of a request", (channel) => channel.deleteQueue("demo.user.userLogin")],
  ["the binding of a request", (channel) => channel.unbindQueue("demo.user.userLogin", "demo", "userLogin.*")],
  ["the exchange of all events", (channel) => channel.deleteExchange("demo")],
]) {
  test(`${what} is deleted, told and declared again`, options, async (t) => {
    const { url } = await freshVhost();
    const channel = await openChannel(t, url);
    const system = await start(t, url);
    const socket = await system.connect();
    const name = freshName();
    assert.deepEqual(await emit(socket, "userRegister", { name, password: PASSWORD }), { name });
    await harm(channel);
    for (;;) {
      const { ok, error } = await emit(socket, "userLogin", { name, password: PASSWORD });
      if (ok) break;
      if (error.code === "rate_limited") await pause(error.retry_after_ms);
      else assert.equal(error.code, "unavailable");
    }
  });
}

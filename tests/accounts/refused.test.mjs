// What the broker refuses: for each account of definitions.json each exchange, key and queue that its service may not use, as the
// schema says; and what it may, works.  Nothing consumes here.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import amqp from "amqplib";
import { connectAs, importDefinitions, importText, rabbitmqctl, urlFor } from "../e2e/lib/accounts.mjs";
import { BACKSTOP as options } from "../lib/limits.mjs";
import { attempt, names, publish, System } from "./lib.mjs";

const OK = 0;
const REFUSED = 403;
const FALSE_ACCOUNT = 406;

const instanceOf = (system, service) => `${system.account(service)}.2abcdefghijk`;
const INSTANCE = { durable: true, arguments: { "x-queue-type": "classic", "x-expires": 3_600_000 } };

async function open(t, name) {
  const system = await System.read(name);
  assert.deepEqual(system.unknown(), [], "queues and exchanges of which lib.mjs does not know what they are for");
  await importDefinitions(system.file);
  const connections = {};
  for (const service of system.services) connections[service] = await connectAs(t, system.account(service));
  return { system, connections };
}

// Tries what `pairs` yields, [account's service, what, act, expected], and tells all that came out otherwise.
async function tryAll(t, connections, pairs) {
  const all = [...pairs];
  const wrong = [];
  await Promise.all(Object.entries(connections).map(async ([service, connection]) => {
    for (const [, what, act, expected] of all.filter(([by]) => by === service)) {
      const code = await attempt(connection, act);
      if (code !== expected) wrong.push(`${service}: ${what}: ${code}, not ${expected}`);
    }
  }));
  t.diagnostic(`${all.length} pairs, ${all.filter(([, , , expected]) => expected === REFUSED).length} of them to be refused`);
  assert.deepEqual(wrong, []);
}

function* publishes(system) {
  const everywhere = [...system.exchanges, "amq.topic", "amq.direct", "amq.fanout", "amq.headers"];
  const keys = system.events.flatMap(({ name }) =>
    [`${name}.0`, `${name}.15`, name, `${name}.x`, `${name}.`, `${name}.0.0`, `x${name}.0`, `${name}x.0`, `${name}s0`]);
  for (const service of system.services) {
    for (const exchange of everywhere) {
      for (const key of exchange === system.name ? [...keys, "", "#", "x.0"] : ["", "x.0"]) {
        const may = system.mayPublish(service, exchange, key);
        if (may === null) continue;
        yield [service, `publish to ${exchange} with ${key}`, (channel) => publish(channel, exchange, key), may ? OK : REFUSED];
      }
    }
  }
}

function* queues(system) {
  const declared = Object.fromEntries(system.definitions.queues.map(({ name, arguments: all }) => [name, { durable: true, arguments: all }]));
  const own = system.services.filter((service) => system.hasOwnQueue(service)).map((service) => instanceOf(system, service));
  for (const service of system.services) {
    for (const queue of [...system.queues, ...own]) {
      const isInstance = queue === instanceOf(system, service);
      const reads = system.reads(service).includes(queue) || isInstance ? OK : REFUSED;
      yield [service, `get from ${queue}`, (channel) => channel.get(queue, { noAck: true }), reads];
      yield [service, `consume from ${queue}`, (channel) => channel.consume(queue, () => {}), reads];
      yield [service, `purge ${queue}`, (channel) => channel.purgeQueue(queue), reads];
      yield [service, `declare ${queue}`, (channel) => channel.assertQueue(queue, declared[queue] ?? INSTANCE), isInstance ? OK : REFUSED];
      if (!isInstance) yield [service, `delete ${queue}`, (channel) => channel.deleteQueue(queue), REFUSED];
      for (const exchange of [...system.exchanges, "amq.topic"]) {
        // An edge binds its instances' queues to its own exchange; what else is its own, it may as well.
        const binds = isInstance && system.isEdge(service) && exchange === system.account(service);
        if (!binds && system.owns(service, queue) && system.owns(service, exchange)) continue;
        for (const call of ["bindQueue", "unbindQueue"])
          yield [service, `${call} ${queue} ${exchange}`, (channel) => channel[call](queue, exchange, "x"), binds ? OK : REFUSED];
      }
    }
  }
}

function* configures(system) {
  for (const service of system.services) {
    for (const { name, type } of system.definitions.exchanges) {
      yield [service, `declare exchange ${name}`, (channel) => channel.assertExchange(name, type), REFUSED];
      yield [service, `delete exchange ${name}`, (channel) => channel.deleteExchange(name), REFUSED];
      yield [service, `bind exchange ${name}`, (channel) => channel.bindExchange(name, system.name, "#"), REFUSED];
    }
    yield [service, "declare an exchange", (channel) => channel.assertExchange(`${system.account(service)}.x`, "topic"), REFUSED];
    const { name } = system;
    const others = system.services.filter((other) => other !== service).map((other) => `${system.account(other)}.7zzzzzzzzzzz`);
    const wrong = ["", "x", `${name}.${service}.notification`, `${name}.${service}.2abcdefghijkl`, `${name}.${service}.2abcdefghij`,
      `${name}.${service}.dead2`, `x${name}.${service}.2abcdefghijk`, `${name}x${service}x2abcdefghijk`, `${name}.${service}.2abcdefghijk.x`];
    for (const queue of [...wrong, ...others])
      yield [service, `declare the queue "${queue}"`, (channel) => channel.assertQueue(queue, INSTANCE), REFUSED];
    if (!system.hasOwnQueue(service))
      yield [service, "declare an instance's queue", (channel) => channel.assertQueue(instanceOf(system, service), INSTANCE), REFUSED];
  }
}

for (const name of names) {
  test(`${name}: an account publishes its service's events, and nothing else`, options, async (t) => {
    const { system, connections } = await open(t, name);
    await tryAll(t, connections, publishes(system));
  });

  test(`${name}: an account reads its service's queues, and no other`, options, async (t) => {
    const { system, connections } = await open(t, name);
    const own = system.services.filter((service) => system.hasOwnQueue(service));
    for (const service of own)
      assert.equal(await attempt(connections[service], (channel) => channel.assertQueue(instanceOf(system, service), INSTANCE)), OK);
    await tryAll(t, connections, queues(system));
    for (const service of own)
      assert.equal(await attempt(connections[service], (channel) => channel.deleteQueue(instanceOf(system, service))), OK);
  });

  test(`${name}: an account makes and deletes nothing but an instance's queue`, options, async (t) => {
    const { system, connections } = await open(t, name);
    await tryAll(t, connections, configures(system));
  });

  test(`${name}: nobody publishes under another's account`, options, async (t) => {
    const { system, connections } = await open(t, name);
    for (const service of system.services) {
      for (const other of [...system.services.map((one) => system.account(one)), "guest", ""]) {
        const code = await attempt(connections[service], (channel) => publish(channel, "", "nowhere", { userId: other }));
        assert.equal(code, other === system.account(service) ? OK : FALSE_ACCOUNT, `${service} as ${other}`);
      }
    }
  });
}

// ---- as an operator does it ----

// Of the system demo alone: other files of this suite use the same broker at the same time.
const exported = async () => {
  const definitions = JSON.parse(await rabbitmqctl("-q", "export_definitions", "-"));
  const texts = (key) => definitions[key].map((row) => JSON.stringify(row, Object.keys(row).sort())).filter((text) => /"demo[."]/.test(text)).sort();
  return Object.fromEntries(["exchanges", "queues", "bindings", "permissions", "topic_permissions"].map((key) => [key, texts(key)]));
};

const logsIn = async (account, password) => {
  try {
    const connection = await amqp.connect(urlFor(account).replace(/:[^:@/]*@/, `:${encodeURIComponent(password)}@`));
    await connection.close();
    return true;
  } catch (error) {
    assert.match(error.message, /ACCESS.REFUSED|403/);
    return false;
  }
};

test("no account has a password until an operator gives it one; importing update.json leaves it", options, async () => {
  const { file, definitions } = await System.read("demo");
  const text = await readFile(file, "utf8");
  const update = await readFile(path.join(path.dirname(file), "update.json"), "utf8");
  await importText(text);
  assert.deepEqual(definitions.users.map(({ name }) => name), ["demo.router", "demo.user"]);
  for (const { name, tags } of definitions.users) {
    assert.equal(tags, "");
    for (const password of ["", "guest", name]) assert.equal(await logsIn(name, password), false, `${name} with "${password}"`);
  }
  await rabbitmqctl("change_password", "demo.user", "of an operator");
  assert.equal(await logsIn("demo.user", "of an operator"), true);
  assert.equal(await logsIn("demo.router", "of an operator"), false);
  const before = await exported();
  await importText(update);
  assert.equal(await logsIn("demo.user", "of an operator"), true);
  assert.deepEqual(await exported(), before);
  const { users, ...rest } = JSON.parse(text);
  assert.deepEqual(JSON.parse(update), rest);
  await importText(text);
  assert.deepEqual(await exported(), before);
  assert.equal(await logsIn("demo.user", "of an operator"), false, "RabbitMQ keeps a password now: update.json is not needed any more");
});

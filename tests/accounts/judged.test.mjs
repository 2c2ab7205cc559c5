// What the broker cannot refuse, because every account may use the default exchange and the edges' exchanges: the consumer judges it
// by the account that the broker proved.  The shop's services run, each under its own account; for each event's queue and each
// account a message comes, and is handled or forged as the schema says.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { channelAs, confirmChannelAs, importDefinitions, urlFor } from "../e2e/lib/accounts.mjs";
import { connector, emit, freePort, next, Program, ready, register, settings, temporaryFolder, within } from "../e2e/lib/programs.mjs";
import { BACKSTOP as options } from "../lib/limits.mjs";
import { publish, SHOP, System } from "./lib.mjs";

// All services, each a process under its account; `env` is for all of them.
async function start(t, env = {}, stage = null) {
  const system = await System.read("shop");
  await importDefinitions(stage?.definitions ?? SHOP);
  const folder = await temporaryFolder(t);
  const programs = {};
  const ports = {};
  t.after(() => Promise.all(Object.values(programs).map((program) => (program.exit ? undefined : program.stop()))));
  for (const service of system.services) {
    ports[service] = await freePort();
    programs[service] = new Program("accounts-shop", settings(folder, {
      SERVICE: service, BROKER_URL: urlFor(stage?.account(service) ?? system.account(service)), INTERNAL_API_PORT: String(ports[service]),
      SOCKET_IO_CLIENT_DIR: new URL("../../client/node_modules/socket.io-client/dist", import.meta.url).pathname, ...env,
    }), folder);
  }
  await Promise.all(Object.values(programs).map(ready));
  return { system, programs, connect: connector(t, ports.gate) };
}

const handled = (program, what) => program.line(({ msg, what: one }) => msg === "handled" && one === what, `handled ${what}`);
const forged = (program, id) => program.line(({ msg, message_id }) => /^forged/.test(msg) && message_id === id, `forged ${id}`);
const isHandled = (program, what) => program.lines.some(({ msg, what: one }) => msg === "handled" && one === what);

const message = (type, account, what, more = {}) => [
  { type, userId: account, messageId: what, contentType: "application/json", persistent: true, ...more },
  JSON.stringify({ what }),
];

async function takesTheRoad({ programs, connect }) {
  const socket = await connect();
  for (const what of ["straight", "retry"]) {
    const [notice, sure] = [next(socket, "notice"), next(socket, "sure")];
    assert.deepEqual(await emit(socket, "place", { what }), { what });
    assert.deepEqual(await notice, { what });
    assert.deepEqual(await sure, { what });
    const { user, user_data } = programs;
    await Promise.all([handled(user, what), handled(user_data, what)]);
    await user_data.line(({ msg, event, what: one }) => msg === "handled" && event === "tick" && one === what, `tick ${what}`);
  }
  await programs.order.line(({ msg, what, attempt }) => msg === "handled" && what === "retry" && attempt === 2, "the second attempt");
  for (const { name, lines } of Object.values(programs)) {
    const wrong = lines.filter(({ level, msg }) => level >= 40 && !/tried again/.test(msg));
    assert.deepEqual(wrong, [], name);
  }
}

test("the road works with least permissions: request, fact, push, reply, ladder; nobody is refused or forged", options, async (t) =>
  takesTheRoad(await start(t)));

// docs/ACCOUNTS.md has the line that makes a stage's definitions: it is run as it stands there, for this system.
async function makeStage(t) {
  const docs = await readFile(new URL("../../docs/ACCOUNTS.md", import.meta.url), "utf8");
  const [, line] = /`(sed -E '[^`]*demo-stage[^`]*generated\/rabbitmq\/definitions\.json) >stage\.json/.exec(docs);
  const definitions = path.join(await temporaryFolder(t), "stage.json");
  const command = line.replaceAll("demo", "shop").replace("generated/rabbitmq/definitions.json", '"$0"');
  await promisify(execFile)("sh", ["-c", `${command} >"$1"`, SHOP, definitions]);
  return { definitions, account: (service) => `shop-stage.${service}` };
}

test("a stage has accounts of its own: the same road, with the first one's services beside it", options, async (t) => {
  const [first, second] = [await start(t), await start(t, { SYSTEM_SUFFIX: "-stage" }, await makeStage(t))];
  await takesTheRoad(second);
  for (const { name, lines } of Object.values(first.programs))
    assert.deepEqual(lines.filter(({ msg, level }) => msg === "handled" || level >= 40), [], name);
  await takesTheRoad(first);
});

test("each event, on each queue, from each account", options, async (t) => {
  const { system, programs } = await start(t);
  const guest = await channelAs(t, "guest");
  const pairs = [];
  for (const account of [...system.services.map((service) => system.account(service)), "guest"]) {
    const channel = await confirmChannelAs(t, account);
    for (const event of system.events) {
      for (const { service, queue } of event.handlers) {
        const what = `${account} says ${event.name} to ${service}`;
        const may = event.from.some((from) => system.account(from) === account);
        // The consumer's own account alone is believed to name the first one; anybody can write that header.
        const headers = may || account === system.account(service) ? {} : { "warren-account": system.account(event.from[0]) };
        await publish(channel, "", queue, ...message(event.name, account, what, { headers }));
        pairs.push({ what, may, program: programs[service], event, service });
      }
    }
  }
  for (const { what, may, program } of pairs) await (may ? handled : forged)(program, what);
  const refused = pairs.filter(({ may }) => !may);
  t.diagnostic(`${pairs.length} pairs, ${refused.length} of them forged`);
  assert.deepEqual(refused.filter(({ what, program }) => isHandled(program, what)).map(({ what }) => what), []);
  // Parked, all that is at least once, with the account that sent it; what was refused its answer gets none.
  const parked = refused.filter(({ event }) => event.guarantee === "AT_LEAST_ONCE").map(({ what }) => what).sort();
  const found = [];
  await within(new Promise((resolve) => {
    for (const service of system.services.filter((one) => system.keeps(one))) {
      guest.consume(`${system.account(service)}.dead`, ({ properties: { headers, messageId, userId } }) => {
        found.push([messageId, headers["warren-reason"], headers["warren-account"], userId]);
        if (found.length === parked.length) resolve();
      }, { noAck: true });
    }
  }), "all are parked");
  assert.deepEqual(found.map(([what]) => what).sort(), parked);
  for (const [what, reason, account, by] of found) {
    const { service } = refused.find((pair) => pair.what === what);
    assert.deepEqual([reason, account, by], ["forged", what.split(" ")[0], system.account(service)]);
  }
});

test("what goes to browsers, changes their sockets or says where an edge is, from each account", options, async (t) => {
  const { system, programs, connect } = await start(t, { CLUSTER_KEY: "a-key-of-this-test-with-32-characters" });
  const socket = await connect();
  const heard = [];
  const pushed = (what) => within(new Promise((resolve) => {
    const look = () => heard.includes(what) && resolve();
    for (const name of ["notice", "sure"]) socket.on(name, look);
    look();
  }), what);
  for (const name of ["notice", "sure"]) socket.on(name, ({ what }) => heard.push(what));
  const all = { headers: { "warren-to": "all" } };
  const expected = [];
  for (const service of [...system.services, "guest"]) {
    const account = service === "guest" ? "guest" : system.account(service);
    const channel = await confirmChannelAs(t, account);
    const send = (type, what, more = all) => publish(channel, "shop.gate", "", ...message(type, account, what, more));
    for (const event of system.events.filter(({ to }) => to.includes("gate"))) {
      const what = `${account} pushes ${event.name}`;
      await send(event.name, what);
      const may = event.from.includes(service);
      if (may) expected.push(what);
      await (may ? pushed(what) : forged(programs.gate, what));
    }
    const joins = `${account} joins`;
    await send("warren.Join", joins, { headers: { "warren-to": "all", "warren-argument": account } });
    if (service === "guest") await forged(programs.gate, joins);
    const peer = `${account} is an edge`;
    await send("warren.Peer", peer, { headers: { "warren-to": "all", "warren-argument": "here", "warren-instance": service.replace("_", ""),
      "warren-address": "127.0.0.1:9" } });
    if (service !== "gate") await forged(programs.gate, peer);
  }
  // The account is the right one, and says nothing: an edge proves itself by the key.
  await programs.gate.line(({ msg, instance }) => msg === "an announcement of a router is not believed" && instance === "gate", "its own account's announcement");
  assert.deepEqual(heard.sort(), expected.sort());
  assert.ok(!programs.gate.lines.some(({ msg }) => msg === "a peer is there"));
});

test("several services in one process: what that account says is believed where it is named, and it does not start otherwise", options, async (t) => {
  const { file } = await System.read("demo");
  await importDefinitions(file);
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const run = (env) => new Program("all-in-one", settings(folder, {
    BROKER_URL: urlFor("guest"), INTERNAL_API_PORT: String(port), ...env,
  }), folder);

  const refused = run({});
  assert.deepEqual(await within(refused.ended, "it refuses to start"), { code: 2, signal: null });
  assert.match(refused.stderr, /^all-in-one: BROKER_URL logs in as guest.*BROKER_TRUST=accounts,guest.*BROKER_TRUST=all[^\n]*\n$/);

  const program = run({ BROKER_TRUST: "accounts,guest" });
  t.after(() => (program.exit ? undefined : program.stop()));
  await ready(program);
  await register(await connector(t, port)());
  assert.ok(!program.lines.some(({ msg }) => /^forged/.test(msg)));
  const stranger = await confirmChannelAs(t, "demo.user"); // another process, which is not asked to log anybody in
  await publish(stranger, "", "demo.user.userLogin", ...message("userLogin", "demo.user", "a stranger's"));
  await forged(program, "a stranger's");
});

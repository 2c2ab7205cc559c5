// Three routers behind a load balancer that knows nothing of sessions, and the stock client with no options.
// Over RabbitMQ only: routers find one another over the broker.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { startHaproxy } from "../edge/lib/cluster.mjs";
import { prove } from "../edge/lib/proof.mjs";
import { request } from "../edge/lib/talk.mjs";
import { channelAs } from "./lib/accounts.mjs";
import { metricsOf } from "./lib/ops.mjs";
import { CLUSTER_KEY, connector, emit, freePort, freshName, PASSWORD, ready, register, startSystem, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;
const settings = { PING_INTERVAL_MS: "1000" };
const isRouter = (program) => program.name === "router";
const routersOf = (system) => system.programs.filter(isRouter);
const instanceOf = async (router) => (await router.line(({ msg, instance }) => msg === "started" && instance)).instance;

// Every router has heard of every other one.
async function acquainted(routers) {
  const instances = await Promise.all(routers.map(instanceOf));
  await Promise.all(routers.flatMap((router, i) => instances.filter((_, n) => n !== i)
    .map((instance) => router.line((line) => line.msg === "a peer is there" && line.instance === instance, `the peer ${instance}`))));
  return instances;
}

async function startAll(t) {
  const system = await startSystem(t, { routers: 3, env: settings });
  await acquainted(routersOf(system));
  const haproxy = await startHaproxy(system.ports);
  t.after(() => haproxy.stop());
  return { system, haproxy, connect: connector(t, haproxy.port) };
}

const upgraded = (socket) => within(new Promise((resolve) => {
  if (socket.io.engine.transport.name === "websocket") resolve();
  else socket.io.engine.once("upgrade", resolve);
}), "a socket moves to a WebSocket");

test("thirty pages poll, then upgrade, register and log in; each event is answered once", options, async (t) => {
  const { connect } = await startAll(t);
  await Promise.all(Array.from({ length: 30 }, async () => {
    const socket = await connect();
    let answers = 0;
    let closes = 0;
    socket.on("disconnect", () => closes++);
    socket.onAny((event) => (answers += event === "loginResponse"));
    const name = await register(socket);
    await upgraded(socket);
    for (let round = 0; round < 3; round++) {
      const answer = await emit(socket, "userLogin", { name, password: round === 1 ? "wrong password" : PASSWORD });
      assert.equal(answer.ok, round !== 1);
    }
    const response = once(socket, "loginResponse");
    socket.emit("userLogin", { name, password: PASSWORD });
    assert.equal((await within(response, "loginResponse"))[0].ok, true);
    await emit(socket, "userLogin", { name, password: PASSWORD });
    assert.deepEqual({ answers, closes }, { answers: 1, closes: 0 });
  }));
});

test("a page that only polls", options, async (t) => {
  const { connect } = await startAll(t);
  const socket = await connect({ transports: ["polling"] });
  const name = await register(socket);
  for (let i = 0; i < 10; i++) assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
});

test("a router that stops takes nobody's session with it but its own, and those come again", options, async (t) => {
  const { system, connect } = await startAll(t);
  const sockets = await Promise.all(Array.from({ length: 12 }, () => connect({ reconnectionDelay: 20 })));
  await Promise.all(sockets.map(upgraded));
  const [router, ...others] = routersOf(system);
  const instance = await instanceOf(router);
  await router.stop();
  await Promise.all(others.map((other) =>
    other.line((line) => line.msg === "a peer has gone" && line.instance === instance && line.reason === "stopped")));
  await Promise.all(sockets.map(async (socket) => {
    for (;;) {
      if (!socket.connected) await within(once(socket, "connect"), "a socket comes again");
      const answer = await socket.timeout(5000).emitWithAck("userLogin", { name: freshName(), password: PASSWORD }).catch(() => null);
      if (answer) return assert.equal(answer.ok, false);
    }
  }));
});

test("a router that starts later is known to the others, and is ready only then", options, async (t) => {
  const system = await startSystem(t, { routers: 2, env: settings });
  const [first, second] = routersOf(system);
  await acquainted([first, second]);
  const port = system.ports[1];
  await second.stop();
  const late = system.start("router", { INTERNAL_API_PORT: String(port) });
  await ready(late);
  const instance = await instanceOf(late);
  for (;;) {
    const { status, body } = await request(`http://127.0.0.1:${port}/readyz`);
    if (status === 200) break;
    assert.match(body, /not ready/);
  }
  await Promise.all([
    first.line((line) => line.msg === "a peer is there" && line.instance === instance),
    late.line(({ msg }) => msg === "a peer is there"),
  ]);
});

// Speaks to the routers as one of them does, from an account that they believe.
async function announcer(t) {
  const channel = await channelAs(t, "guest");
  const say = (headers) => channel.publish("demo.router", "", Buffer.alloc(0), {
    type: "warren.Peer", userId: "guest", headers: { "warren-to": "all", ...headers } });
  let time = Date.now();
  const peer = (argument, instance, address, { key = CLUSTER_KEY, at = ++time, more = {} } = {}) => say({
    "warren-argument": argument, "warren-instance": instance, "warren-address": address, "warren-time": at,
    "warren-proof": prove(key, "warren announcement 1", "demo.router", argument, String(instance), address, String(at)), ...more });
  return { say, peer };
}

test("announcements that are none are refused, and a good one is taken", options, async (t) => {
  const system = await startSystem(t, { routers: 1, env: { ...settings, BROKER_TRUST: "accounts,guest" } });
  const [router] = routersOf(system);
  const { say, peer } = await announcer(t);
  const bad = [["here", "far", "localhost:80"], ["here", "near", "127.0.0.1"], ["here", "x".repeat(60), "127.0.0.1:80"], ["hello", "", "127.0.0.1:80"]];
  for (const each of bad) peer(...each);
  say({});
  peer("here", 7, "127.0.0.1:80");
  peer("here", "far", "127.0.0.1:80");
  peer("gone", "far", "127.0.0.1:80");
  peer("gone", "nobody", "127.0.0.1:80");
  await router.line((line) => line.msg === "a peer has gone" && line.instance === "far");
  assert.equal(router.lines.filter((line) => line.msg === "a peer that is of no use").length, bad.length);
  assert.equal(router.lines.filter((line) => line.msg === "a peer is there").length, 1);
  assert.equal((await metricsOf(router, "router")).warren_gateway_announcements_refused_total, 2);
});

test("an announcement without the key: nobody connects there, and its router stays what it is", options, async (t) => {
  const system = await startSystem(t, { routers: 2, env: { ...settings, BROKER_TRUST: "accounts,guest" } });
  const routers = routersOf(system);
  const instances = await acquainted(routers);
  const { say, peer } = await announcer(t);
  let connections = 0;
  const trap = net.createServer(() => connections++).listen(0, "127.0.0.1");
  await once(trap, "listening");
  t.after(() => trap.close());
  const address = `127.0.0.1:${trap.address().port}`;
  const another = { key: "another-key-of-32-characters-and-more" };
  for (const instance of ["far", ...instances]) {
    peer("hello", instance, address, another);
    peer("gone", instance, address, another);
    say({ "warren-argument": "hello", "warren-instance": instance, "warren-address": address });
    peer("hello", instance, address, { more: { "warren-time": Date.now() + 1 } });
  }
  // With the key, but with a living router's name.
  for (const instance of instances) peer("hello", instance, address);
  peer("here", "last", "127.0.0.1:9");
  await Promise.all(routers.map((router) => router.line((line) => line.msg === "a peer is there" && line.instance === "last")));
  for (const [i, port] of system.ports.entries()) {
    const { status } = await request(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&sid=far.x`);
    assert.equal(status, 400);
    const sid = `${instances[1 - i]}.x`;
    await request(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    const metrics = await metricsOf(routers[i], "router");
    assert.equal(metrics.warren_gateway_announcements_refused_total, 14);
    assert.deepEqual([metrics.warren_edge_passed_on_total, metrics.warren_edge_passed_failed_total], [1, 0], "its peer is where it was");
  }
  assert.equal(connections, 0);
  const told = routers[0].lines.filter(({ msg }) => /announcement of a router is not believed/.test(msg));
  assert.ok(told.length >= 1 && told.length < 14, `${told.length} lines`);
  assert.match(told[0].mend, /CLUSTER_KEY/);
});

test("the key changes while all of them serve: old and new, new and old, new", options, async (t) => {
  const fresh = "the-new-key-of-all-routers-of-these-tests";
  const keys = [`${CLUSTER_KEY},${fresh}`, `${fresh},${CLUSTER_KEY}`, fresh];
  const system = await startSystem(t, { routers: 2, env: settings });
  const [user] = system.users;
  assert.ok(user);
  let routers = routersOf(system);
  await acquainted(routers);
  for (const CLUSTER_KEY of keys) {
    for (const [i, port] of system.ports.entries()) {
      await routers[i].stop();
      routers[i] = system.start("router", { INTERNAL_API_PORT: String(port), OPS_PORT: String(await freePort()), CLUSTER_KEY });
      await ready(routers[i]);
      await acquainted(routers);
    }
  }
  const instances = await Promise.all(routers.map(instanceOf));
  for (const [i, port] of system.ports.entries()) {
    await request(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling&sid=${instances[1 - i]}.x`);
    const metrics = await metricsOf(routers[i], "router");
    assert.deepEqual([metrics.warren_edge_passed_on_total, metrics.warren_edge_passed_failed_total,
      metrics.warren_edge_peers_refused_total, metrics.warren_gateway_announcements_refused_total], [1, 0, 0, 0]);
  }
});

// Three routers behind a load balancer that knows nothing of sessions, and the stock client with no options.
// Over RabbitMQ only: routers find one another over the broker.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { startHaproxy } from "../edge/lib/cluster.mjs";
import { request } from "../edge/lib/talk.mjs";
import { channelAs } from "./lib/accounts.mjs";
import { connector, emit, freshName, PASSWORD, ready, register, startSystem, within } from "./lib/programs.mjs";
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

test("announcements that are none are refused, and a good one is taken", options, async (t) => {
  const system = await startSystem(t, { routers: 1, env: { ...settings, BROKER_TRUST: "accounts,guest" } });
  const [router] = routersOf(system);
  const channel = await channelAs(t, "guest");
  const say = (headers) => channel.publish("demo.router", "", Buffer.alloc(0), {
    type: "warren.Peer", userId: "guest", headers: { "warren-to": "all", ...headers } });
  const peer = (argument, instance, address) => say({ "warren-argument": argument, "warren-instance": instance, "warren-address": address });
  const bad = [["here", "far", "localhost:80"], ["here", "far", "127.0.0.1"], ["here", "x".repeat(60), "127.0.0.1:80"], ["hello", "", "127.0.0.1:80"]];
  for (const each of bad) peer(...each);
  say({});
  say({ "warren-argument": "here", "warren-instance": 7, "warren-address": "127.0.0.1:80" });
  peer("here", "far", "127.0.0.1:80");
  peer("gone", "far", "127.0.0.1:80");
  peer("gone", "nobody", "127.0.0.1:80");
  await router.line((line) => line.msg === "a peer has gone" && line.instance === "far");
  assert.equal(router.lines.filter((line) => line.msg === "a peer that is of no use").length, bad.length + 2);
  assert.equal(router.lines.filter((line) => line.msg === "a peer is there").length, 1);
});

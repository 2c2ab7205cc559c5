// Three routers and three services at a broker that stands still for a while, under a load that goes on: what cannot be answered in time is refused at
// once, and when the broker goes on all is answered again. Without that each request is carried to its end though nobody waits, and the queues stay long.
import assert from "node:assert/strict";
import test from "node:test";
import { BACKSTOP, slow } from "../lib/limits.mjs";
import { metricsOf } from "./lib/ops.mjs";
import { brokerUrl, PASSWORD, startSystem, within } from "./lib/programs.mjs";
import { Wire } from "./lib/proxy.mjs";

const SOCKETS = 45, EVERY_MS = 300; // 150 a second, within what the schema lets a socket send
const REFUSED = 150, IN_TURN = 300;

// Sends from all sockets, whatever becomes of it, until the test ends; tells each outcome to `outcome`.
function load(t, sockets) {
  const watch = { outcome: () => {} };
  const timers = sockets.map((socket) => setInterval(async () => {
    const answer = await socket.timeout(slow(30_000)).emitWithAck("userLogin", { name: "nobody", password: PASSWORD }).catch(() => ({ error: { code: "lost" } }));
    watch.outcome(answer.error?.code ?? "answered");
  }, EVERY_MS));
  t.after(() => timers.forEach(clearInterval));
  return watch;
}

// Resolves when `isEnough` says so of an outcome.
const until = (watch, what, isEnough) => within(new Promise((resolve) => {
  watch.outcome = (outcome) => isEnough(outcome) && resolve();
}), what);

const inTurn = (watch, wanted, count) => {
  let seen = 0;
  return until(watch, `${count} in turn are answered`, (outcome) => (seen = outcome === wanted ? seen + 1 : 0) >= count);
};

test("a broker that stands still leaves nothing behind it", BACKSTOP, async (t) => {
  const wire = new Wire(Number(new URL(brokerUrl).port));
  const url = new URL(brokerUrl);
  url.port = String(await wire.listen(t));
  const system = await startSystem(t, { routers: 3, users: 3, url: url.href });
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, (_, n) => system.connects[n % 3]({ transports: ["websocket"] })));
  const watch = load(t, sockets);
  await inTurn(watch, "answered", IN_TURN);

  wire.hold();
  const counts = {};
  await until(watch, `${REFUSED} are refused at once`, (outcome) => (counts[outcome] = (counts[outcome] ?? 0) + 1, counts.overloaded >= REFUSED));
  wire.release();
  await inTurn(watch, "answered", IN_TURN);
  assert.deepEqual(Object.keys(counts).filter((code) => !["answered", "overloaded", "timeout", "unavailable"].includes(code)), []);
  const refused = await Promise.all(system.routers.map(async (router) => (await metricsOf(router)).warren_gateway_past_limit_total));
  assert.ok(refused.reduce((sum, count) => sum + count) >= REFUSED, String(refused));
});

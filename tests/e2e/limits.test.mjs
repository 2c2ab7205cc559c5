// The gateway's limits as a page meets them, and the counters as an operator sees them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import http from "node:http";
import test from "node:test";
import { BACKSTOP } from "../lib/limits.mjs";
import { metricsOf } from "./lib/ops.mjs";
import { emit, next, PASSWORD, startSystem } from "./lib/programs.mjs";

const options = BACKSTOP;
const metrics = (system) => metricsOf(system.routers[0], "router");
const span = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const limitedEvent = (socket) => emit(socket, "userRegister", { name: "", password: PASSWORD });

test("an event past its own rate: rate_limited with the time to wait, after which it is taken", options, async (t) => {
  const system = await startSystem(t);
  const [socket, other] = [await system.connect(), await system.connect()];
  let answer;
  let taken = 0;
  while ((answer = await limitedEvent(socket)).error.code !== "rate_limited") {
    assert.equal(answer.error.code, "invalid_argument");
    taken += 1;
  }
  assert.ok(taken > 0);
  assert.ok(answer.error.retry_after_ms > 0);
  assert.equal((await limitedEvent(other)).error.code, "invalid_argument", "another socket has its own");
  assert.notEqual((await emit(socket, "userLogin", { name: "nobody", password: PASSWORD })).error?.code, "rate_limited", "another event, too");
  await span(answer.error.retry_after_ms);
  assert.equal((await limitedEvent(socket)).error.code, "invalid_argument");
  const { warren_gateway_rate_limited_event_total: event, warren_gateway_rate_limited_socket_total: all } = await metrics(system);
  assert.deepEqual({ event, all }, { event: 1, all: 0 });
});

test("a socket past its rate for everything: also events that nobody takes; without an ack it is told by warrenError", options, async (t) => {
  const system = await startSystem(t, { env: { MAX_EVENTS_PER_S: "3" } });
  const [socket, other] = [await system.connect(), await system.connect()];
  const told = next(socket, "warrenError");
  const answers = await Promise.all([1, 2, 3, 4].map(() => emit(socket, "nothing", {})));
  assert.deepEqual(answers.map(({ error }) => error.code), ["unknown_event", "unknown_event", "unknown_event", "rate_limited"]);
  socket.emit("nothing", {});
  const { code, event, retry_after_ms } = await told;
  assert.deepEqual({ code, event }, { code: "rate_limited", event: "nothing" });
  assert.ok(retry_after_ms > 0);
  assert.equal((await emit(other, "nothing", {})).error.code, "unknown_event");
  await span(retry_after_ms);
  assert.equal((await emit(socket, "nothing", {})).error.code, "unknown_event");
  const values = await metrics(system);
  assert.equal(values.warren_gateway_rate_limited_socket_total, 2);
  assert.equal(values.warren_edge_sockets, 2);
});

test("what waits for a worker is bounded", options, async (t) => {
  const system = await startSystem(t, { env: { MAX_WAITING: String(1 << 20), MAX_PAYLOAD: "4000000" } });
  const socket = await system.connect();
  const { error } = await emit(socket, "userRegister", { name: "x".repeat(2_000_000), password: PASSWORD });
  assert.equal(error.code, "overloaded");
  assert.equal((await limitedEvent(socket)).error.code, "invalid_argument");
  assert.equal((await metrics(system)).warren_gateway_overloaded_total, 1);
});

test("what is remembered for those who send again is bounded, and what had to go is counted", options, async (t) => {
  const system = await startSystem(t, { env: { INBOX_MAX_BYTES: "65536" } });
  const forgotten = async () => (await metrics(system)).warren_store_forgotten_total;
  const login = { name: "nobody", password: PASSWORD };
  const ids = [];
  // As many as the event's rate lets a socket send at once.
  const fill = async () => {
    const socket = await system.connect({ transports: ["websocket"] });
    const fresh = Array.from({ length: 10 }, () => randomUUID());
    ids.push(...fresh);
    for (const answer of await Promise.all(fresh.map((id) => emit(socket, "userLogin", login, { id })))) assert.equal(answer.ok, false);
  };
  await fill();
  assert.equal(await forgotten(), 0);
  while ((await forgotten()) === 0) {
    assert.ok(ids.length < 2000, "all are remembered");
    await fill();
  }
});

test("the edge's settings reach the edge", options, async (t) => {
  const system = await startSystem(t, { env: { MAX_JSON_DEPTH: "4", MAX_HEAD: "2000", MAX_CONNECTIONS_PER_ADDRESS: "3" } });
  const socket = await system.connect({ transports: ["websocket"], reconnection: false });
  assert.equal((await emit(socket, "userLogin", { a: { b: { c: { d: 1 } } } })).error.code, "invalid_argument");
  assert.equal((await metrics(system)).warren_edge_too_deep_total, 1);
  const long = `/socket.io/?EIO=4&transport=polling&a=${"x".repeat(2000)}`;
  assert.equal((await fetch(`http://127.0.0.1:${system.ports[0]}${long}`)).status, 431);
  assert.equal((await metrics(system)).warren_edge_heads_too_large_total, 1);
});

test("an argument that cannot be taken is answered, and the connection and what else waits live", options, async (t) => {
  const system = await startSystem(t);
  for (const transports of [["websocket"], ["polling"]]) {
    const socket = await system.connect({ transports, reconnection: false });
    const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`);
    const many = Array.from({ length: 11 }, () => Buffer.alloc(1));
    const arguments_ = [{ name: "party \ud83c", password: PASSWORD }, deep, many, { name: "nobody", password: PASSWORD }];
    const answers = await Promise.all(arguments_.map((argument) => emit(socket, "userLogin", argument)));
    assert.deepEqual(answers.slice(0, 3).map(({ error }) => error.code), ["invalid_argument", "invalid_argument", "invalid_argument"]);
    assert.equal(answers[0].error.field, "name");
    assert.equal(answers[3].ok, false);
    assert.ok(socket.connected);
    const retrying = await system.connect({ transports, reconnection: false, retries: 3, ackTimeout: 20_000 });
    assert.equal((await emit(retrying, "userLogin", arguments_[0])).error.field, "name");
    assert.equal((await emit(retrying, "userLogin", arguments_[3])).ok, false);
  }
});

test("a page of another origin is refused, and the log says what lets it in, but not each time", options, async (t) => {
  const system = await startSystem(t);
  const ask = (origin, host) =>
    new Promise((resolve, reject) =>
      http.get({ port: system.ports[0], host: "127.0.0.1", path: "/socket.io/?EIO=4&transport=polling", headers: { Origin: origin, Host: host }, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject),
    );
  const refusals = () => system.routers[0].lines.filter(({ msg }) => msg === "a page of another origin was refused");
  for (let i = 0; i < 3; i++) assert.equal(await ask("http://shop.example:8080", "shop.example"), 403);
  assert.equal((await metrics(system)).warren_edge_refused_origin_total, 3);
  await system.routers[0].line(({ msg }) => msg === "a page of another origin was refused");
  assert.equal(refusals().length, 1);
  const [{ origin, host, mend }] = refusals();
  assert.deepEqual([origin, host], ["http://shop.example:8080", "shop.example"]);
  assert.match(mend, /Host \$http_host.*CORS_ORIGINS/);
});

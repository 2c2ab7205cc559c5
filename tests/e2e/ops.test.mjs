// What every program says of itself at its ops port: over memory: in one process, or over RabbitMQ in several (RABBITMQ_URL
// set), where the broker goes away and comes back.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, readlink } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { Frames } from "../edge/lib/talk.mjs";
import { BACKSTOP } from "../lib/limits.mjs";
import { allMetricsOf, ask, metricsOf, readinessOf } from "./lib/ops.mjs";
import { brokerUrl, emit, freePort, freshName, PASSWORD, Program, ready, register, settings, startSystem, temporaryFolder, within } from "./lib/programs.mjs";

const options = BACKSTOP;
const RUNTIME = new URL("../../runtime/src/", import.meta.url).pathname;
const servicesOf = (program) => (program.name === "all-in-one" ? ["router", "user"] : [program.name]);

// The names in a list of counters as its header has them: X(name, "…").
async function countersIn(header, list) {
  const text = await readFile(path.join(RUNTIME, header), "utf8");
  const [, rows] = new RegExp(`#define ${list}\\(X\\)((?:.*\\\\\\n)+.*)`).exec(text);
  const names = [...rows.matchAll(/\bX\((\w+),/g)].map(([, name]) => name);
  assert.ok(names.length > 0);
  return names;
}

// Asks until `wanted` holds of the answer.
async function until(question, wanted, what) {
  return within((async () => {
    for (;;) {
      const answer = await question();
      if (wanted(answer)) return answer;
    }
  })(), what);
}

test("each program is alive, ready, and says so on 127.0.0.1 alone", options, async (t) => {
  const system = await startSystem(t);
  for (const program of system.programs) {
    const alive = await ask(program, "/healthz");
    assert.deepEqual([alive.status, await alive.text()], [200, "ok\n"]);
    // A router hears its own announcement a moment after the broker is up.
    await until(() => readinessOf(program), ({ ready }) => ready, `${program.name} is ready`);
    assert.deepEqual(await readinessOf(program), { reasons: [], ready: true });
    const { stdout } = await promisify(execFile)("ss", ["-Hltnp"]);
    const addresses = stdout.split("\n").filter((line) => line.includes(`:${program.opsPort} `)).map((line) => line.split(/\s+/)[3]);
    assert.deepEqual(addresses, [`127.0.0.1:${program.opsPort}`]);
  }
});

test("every counter of every table is in /metrics, for each service", options, async (t) => {
  const system = await startSystem(t);
  const [service, gateway, broker] = await Promise.all([
    countersIn("service/instance.h", "WARREN_INSTANCE_COUNTERS"),
    countersIn("gateway/gateway.h", "WARREN_GATEWAY_COUNTERS"),
    countersIn("broker/broker.h", "WARREN_BROKER_COUNTERS"),
  ]);
  for (const program of system.programs) {
    const metrics = await allMetricsOf(program);
    const labels = servicesOf(program).map((name) => `service="${name}"`);
    for (const name of service) assert.deepEqual([...metrics.get(`warren_service_${name}_total`).samples.keys()].sort(), labels, name);
    for (const name of broker) assert.deepEqual([...metrics.get(`warren_broker_${name}_total`).samples.keys()], [""], name);
    for (const name of ["done", "bytes", "forgotten_total"]) assert.ok(metrics.has(`warren_store_${name}`), name);
    const isEdge = servicesOf(program).includes("router");
    for (const name of gateway) assert.equal(metrics.has(`warren_gateway_${name}_total`), isEdge, name);
    assert.equal(metrics.has("warren_edge_connections"), isEdge);
  }
});

test("what happens is counted", options, async (t) => {
  const system = await startSystem(t);
  const of = (program, service) => metricsOf(program, service);
  const before = await of(system.user, "user");
  const socket = await system.connect();
  await register(socket);
  await emit(socket, "userLogin", { name: freshName(), password: PASSWORD });
  assert.equal((await of(system.user, "user")).warren_service_handled_total, before.warren_service_handled_total + 2);
  assert.equal((await of(system.routers[0], "router")).warren_edge_sockets, 1);
  const { warren_broker_published_total: published } = await metricsOf(system.user);
  assert.ok(published >= 2, `two replies, and ${published} publishes`);
});

test("the browsers' port says yes or no, and nothing else", options, async (t) => {
  const system = await startSystem(t);
  const get = async (name, port = system.ports[0]) => {
    const response = await fetch(`http://127.0.0.1:${port}${name}`);
    return [response.status, await response.text()];
  };
  await until(() => get("/readyz"), ([status]) => status === 200, "the router is ready");
  assert.deepEqual(await get("/readyz"), [200, "ready\n"]);
  assert.deepEqual(await get("/healthz"), [200, "ok\n"]);
  const [status, text] = await get("/metrics");
  assert.equal(status, 404);
  assert.doesNotMatch(text, /warren_/);
});

test("a page of another site cannot read it under a name of its own", options, async (t) => {
  const system = await startSystem(t);
  for (const name of ["/metrics", "/readyz", "/healthz"]) {
    const request = http.get({ host: "127.0.0.1", port: system.user.opsPort, path: name, headers: { Host: `evil.example:${system.user.opsPort}` } });
    const [response] = await once(request, "response");
    const body = Buffer.concat(await response.toArray()).toString();
    assert.equal(response.statusCode, 403);
    assert.match(body, /^Refused: the Host/);
    assert.equal(response.headers["access-control-allow-origin"], undefined);
  }
  assert.equal((await metricsOf(system.user)).warren_ops_refused_total, 3);
});

test("OPS_PORT=0, and none: it listens nowhere", options, async (t) => {
  for (const extra of [{ OPS_PORT: "0" }, {}]) {
    let program;
    t.after(() => (program.exit ? undefined : program.stop()));
    const folder = await temporaryFolder(t);
    program = new Program("user", settings(folder, { BROKER_URL: "memory:", ...extra }), folder);
    await ready(program);
    // `user` is no edge: without an ops port it has no listening socket at all.
    const listening = new Set();
    for (const table of ["tcp", "tcp6"]) {
      const rows = (await readFile(`/proc/${program.child.pid}/net/${table}`, "utf8")).trim().split("\n").slice(1);
      for (const row of rows) {
        const fields = row.trim().split(/\s+/);
        if (fields[3] === "0A") listening.add(`socket:[${fields[9]}]`);
      }
    }
    const files = `/proc/${program.child.pid}/fd`;
    for (const fd of await readdir(files)) assert.ok(!listening.has(await readlink(path.join(files, fd)).catch(() => "")));
    await program.stop();
  }
});

test("a program that stops says so until it has ended", options, async (t) => {
  const system = await startSystem(t, { env: { PASSWORD_MEMLIMIT: String(64 << 20), PASSWORD_OPSLIMIT: "2" } });
  const program = system.user;
  const socket = await system.connect({ reconnection: false });
  // Work that is under way keeps it from ending for a while.
  const login = () => socket.timeout(60_000).emitWithAck("userLogin", { name: freshName(), password: PASSWORD });
  const answers = Promise.allSettled(Array.from({ length: 10 }, login));
  await program.line(({ msg }) => msg === "handling");
  program.child.kill("SIGTERM");
  const states = new Set();
  await within((async () => {
    while (!program.exit) {
      const said = await readinessOf(program).catch((error) => assert.notEqual(error.code, "ERR_ASSERTION", error)); // it may end meanwhile
      if (said) states.add(said.ready ? "ready" : said.reasons[0].reason);
    }
  })(), "the program ends");
  states.delete("ready"); // before the signal came
  assert.deepEqual([...states], ["it is stopping"]);
  await program.stop();
  await answers;
});

test("a broker that goes away blocks each program, with the reason, until it is back", { ...options, skip: !brokerUrl }, async (t) => {
  const system = await startSystem(t);
  const rabbitmq = (verb) => promisify(execFile)(process.env.RABBITMQ, [verb, process.env.RABBITMQ_DIR]);
  for (const program of system.programs) await until(() => readinessOf(program), ({ ready }) => ready, `${program.name} is ready`);
  await rabbitmq("stop");
  for (const program of system.programs) {
    const { reasons } = await until(() => readinessOf(program), ({ ready }) => !ready, `${program.name} is not ready`);
    assert.deepEqual(reasons.map(({ severity, source }) => [severity, source]), [["blocks", "broker"]]);
    assert.match(reasons[0].reason, /^it is down: ./);
    assert.equal((await ask(program, "/healthz")).status, 200, "it lives");
  }
  const bare = await fetch(`http://127.0.0.1:${system.ports[0]}/readyz`);
  assert.deepEqual([bare.status, await bare.text()], [503, "not ready\n"]);
  await rabbitmq("start");
  for (const program of system.programs) {
    await until(() => readinessOf(program), ({ ready }) => ready, `${program.name} is ready again`);
    assert.equal((await metricsOf(program)).warren_broker_reconnects_total > 0, true, "counted");
  }
  assert.equal((await fetch(`http://127.0.0.1:${system.ports[0]}/readyz`)).status, 200);
});

test("a reader of the log that stalls stops nobody: clients, /metrics and SIGTERM; what was dropped is counted, and told later", options, async (t) => {
  const system = await startSystem(t, { env: { LOG_LEVEL: "debug" } });
  const [router] = system.routers;
  const dropped = async () => [...(await allMetricsOf(router)).get("warren_log_lines_dropped_total").samples.values()][0];
  const frames = new Frames(`ws://127.0.0.1:${system.ports[0]}/socket.io/?EIO=4&transport=websocket`);
  assert.match(await frames.text(), /^0/);
  // A line when it joins, and one when it leaves.
  const say = async () => {
    for (let i = 0; i < 100; i++) frames.send("40", "41");
    for (let i = 0; i < 100; i++) while (!/^40/.test(await frames.message()));
  };
  router.child.stdout.pause();
  while ((await dropped()) === 0) await say();
  router.child.stdout.resume();
  while (!router.lines.some(({ msg }) => msg === "lines of the log were dropped: nobody read them")) await say();
  router.child.stdout.pause();
  const before = await dropped();
  while ((await dropped()) === before) await say();
  await frames.close();
  router.child.kill("SIGTERM");
  assert.deepEqual(await within(once(router.child, "exit"), "it ends although nobody reads"), [0, null]);
  router.child.stdout.resume();
});

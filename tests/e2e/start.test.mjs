// What stands in the way of a start: each gets one clear error where the person will see it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import test from "node:test";
import { metricsOf, readinessOf } from "./lib/ops.mjs";
import { CLUSTER_KEY, freePort, Program, ready, settings, temporaryFolder, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;

async function start(t, name, extra) {
  let program;
  t.after(() => (program.exit ? undefined : program.stop()));
  const folder = await temporaryFolder(t);
  program = new Program(name, settings(folder, extra), folder);
  return program;
}

function errorsOf(program) {
  return program.lines.filter((line) => line.level >= 50).map((line) => JSON.stringify(line));
}

async function refuses(program, pattern, code) {
  const { code: status } = await within(program.ended, `${program.name} refuses to start`);
  const told = [...errorsOf(program), ...program.stderr.split("\n").filter(Boolean)];
  assert.equal(status, code, told.join("\n"));
  assert.equal(told.length, 1, `one clear error, not:\n${told.join("\n")}`);
  assert.match(told[0], pattern);
}

test("a busy port", options, async (t) => {
  const taken = net.createServer().listen(0, "0.0.0.0");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address();
  const program = await start(t, "all-in-one", { INTERNAL_API_PORT: String(port) });
  await refuses(program, new RegExp(`${port}.*INTERNAL_API_PORT|INTERNAL_API_PORT.*${port}`), 1);
});

test("a busy ops port", options, async (t) => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address();
  for (const name of ["all-in-one", "user"]) {
    const program = await start(t, name, { INTERNAL_API_PORT: String(await freePort()), OPS_PORT: String(port) });
    await refuses(program, new RegExp(`${name}: .*${port}.*OPS_PORT`), 1);
  }
});

// The settings of a router that may have peers: a broker of many, which is not there.
const aRouter = async () => ({ INTERNAL_API_PORT: String(await freePort()), BROKER_URL: `amqp://127.0.0.1:${await freePort()}`, BROKER_TRUST: "all" });

test("a busy port for other routers", options, async (t) => {
  const taken = net.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address();
  const program = await start(t, "router", { ...(await aRouter()), INTERNAL_PEER_PORT: String(port) });
  await refuses(program, new RegExp(`${port}.*INTERNAL_PEER_PORT`), 1);
});

test("calls at that port without a proof: counted, and logged once a second at most", options, async (t) => {
  const [port, ops] = [await freePort(), await freePort()];
  const router = await start(t, "router", { ...(await aRouter()), INTERNAL_PEER_PORT: String(port), OPS_PORT: String(ops) });
  await router.line(({ msg }) => msg === "listening");
  for (let i = 0; i < 50; i++) {
    const { status } = await fetch(`http://127.0.0.1:${port}/recovery/change`, { method: "POST", body: "x" });
    assert.equal(status, 403);
  }
  assert.equal((await metricsOf(router, "router")).warren_edge_peers_refused_total, 50);
  const told = router.lines.filter(({ msg }) => /port for other routers is refused/.test(msg));
  assert.ok(told.length > 0 && told.length < 50, `${told.length} lines`);
  assert.match(told[0].reason, /no proof/);
  assert.match(told[0].mend, /CLUSTER_KEY/);
  assert.equal(told[0].address, "127.0.0.1");
});

test("an address that other routers cannot use", options, async (t) => {
  for (const [extra, pattern] of [
    [{ INTERNAL_PEER_HOST: "0.0.0.0" }, /every address.*INTERNAL_PEER_ADDRESS/],
    [{ INTERNAL_PEER_ADDRESS: "router.example" }, /INTERNAL_PEER_ADDRESS.*router\.example|router\.example/],
  ]) {
    await refuses(await start(t, "router", { ...(await aRouter()), ...extra }), pattern, 1);
  }
});

test("a key of the routers that is none: refused, and not told", options, async (t) => {
  const secret = "hush-hush".repeat(4);
  for (const CLUSTER_KEY of [secret.slice(0, 31), `${secret},`, `${secret},short`, `${secret},${secret},${secret}`, `${secret} ${secret}`])
    for (const name of ["router", "all-in-one"]) {
      const program = await start(t, name, { ...(await aRouter()), ...(name === "router" ? {} : { BROKER_URL: "memory:" }), CLUSTER_KEY });
      await refuses(program, /CLUSTER_KEY.*32 characters.*openssl rand -hex 32/, 1);
      assert.doesNotMatch(program.stderr + JSON.stringify(program.lines), /hush/);
    }
});

const listens = (port) => new Promise((resolve) => {
  const socket = net.connect(port, "127.0.0.1").on("connect", () => resolve(true)).on("error", () => resolve(false));
  socket.on("connect", () => socket.destroy());
});

test("a port for other routers is there for whom there may be some, with the key", options, async (t) => {
  for (const [name, extra, opens, alone] of [
    ["router", {}, true, 0],
    ["router", { CLUSTER_KEY: "" }, false, 1],
    ["all-in-one", { BROKER_URL: "memory:" }, false, 0],
    ["all-in-one", { BROKER_URL: "memory:", CLUSTER_KEY: "", INTERNAL_PEER_HOST: "0.0.0.0" }, false, 0],
  ]) {
    const port = await freePort();
    const program = await start(t, name, { ...(await aRouter()), INTERNAL_PEER_PORT: String(port), ...extra });
    await program.line(({ msg }) => msg === "listening");
    assert.equal(await listens(port), opens, `${name} ${JSON.stringify(extra)}`);
    const told = program.lines.filter(({ msg }) => /stands alone/.test(msg));
    assert.equal(told.length, alone);
    if (alone) assert.equal(told[0].setting, "CLUSTER_KEY");
    assert.doesNotMatch(JSON.stringify(program.lines), new RegExp(CLUSTER_KEY));
    await program.stop();
  }
});

test("a setting out of its range", options, async (t) => {
  await refuses(await start(t, "all-in-one", { WORKERS: "0" }), /WORKERS.*0/, 2);
  await refuses(await start(t, "user", { WORKERS: "four" }), /WORKERS.*four/, 2);
  await refuses(await start(t, "router", { INTERNAL_API_PORT: "65536" }), /INTERNAL_API_PORT.*65536/, 2);
  await refuses(await start(t, "user", { LOG_LEVEL: "loud" }), /LOG_LEVEL.*loud/, 2);
  await refuses(await start(t, "user", { BROKER_URL: "kafka://127.0.0.1" }), /BROKER_URL|kafka/, 2);
});

test("a database that cannot be opened", options, async (t) => {
  const program = await start(t, "all-in-one", {
    INTERNAL_API_PORT: String(await freePort()),
    DATABASE_URL: "sqlite:/proc/nowhere/user.db",
  });
  await refuses(program, /\/proc\/nowhere\/user\.db/, 1);
});

test("an account that no other service believes, or one to believe that is none", options, async (t) => {
  const nobody = await freePort();
  const as = (account) => ({ BROKER_URL: `amqp://${account}127.0.0.1:${nobody}` });
  const mend = /logs in as guest.*log in as demo\.user \(generated\/rabbitmq\/definitions\.json.*BROKER_TRUST=all/;
  await refuses(await start(t, "user", as("")), mend, 2);
  await refuses(await start(t, "user", as("guest:hush-hush@")), mend, 2);
  await refuses(await start(t, "user", as("demo.router:hush-hush@")), /logs in as demo\.router.*log in as demo\.user/, 2);
  await refuses(await start(t, "user", { SYSTEM_SUFFIX: "-stage", ...as("demo.user:x@") }), /log in as demo-stage\.user/, 2);
  await refuses(await start(t, "all-in-one", { INTERNAL_API_PORT: String(await freePort()), ...as("") }), /BROKER_TRUST=accounts,guest/, 2);
  for (const BROKER_TRUST of ["everybody", "accounts,", "all,alice"])
    await refuses(await start(t, "user", { BROKER_TRUST, ...as("") }), /BROKER_TRUST is accounts/, 2);
  for (const BROKER_TRUST of ["all", "accounts,guest"]) {
    const program = await start(t, "user", { BROKER_TRUST, ...as("") });
    await program.line(({ msg }) => msg === "started");
    assert.equal(program.lines.filter(({ msg }) => /BROKER_TRUST=all/.test(msg)).length, BROKER_TRUST === "all" ? 1 : 0);
    await program.stop();
  }
});

test("a value in .env, and the environment wins", options, async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, ".env"), "WORKERS=9999\n");
  const refused = new Program("all-in-one", settings(folder), folder);
  await refuses(refused, /WORKERS.*9999/, 2);
  const port = await freePort();
  const program = new Program("all-in-one", settings(folder, { WORKERS: "2", INTERNAL_API_PORT: String(port) }), folder);
  await ready(program);
  await program.stop();
});

test("a broker that is not there: it says so, both /readyz say no, the ops port's says why, and SIGTERM still ends it", options, async (t) => {
  const [port, nobody] = [await freePort(), await freePort()];
  const program = await start(t, "router", {
    INTERNAL_API_PORT: String(port),
    OPS_PORT: String(await freePort()),
    BROKER_URL: `amqp://demo.router:hush-hush@127.0.0.1:${nobody}`,
  });
  const line = await program.line((line) => line.level >= 40 && JSON.stringify(line).includes(String(nobody)), "that it cannot connect");
  assert.ok(!JSON.stringify(line).includes("hush-hush"));
  await program.line((line) => line.msg === "listening", "listening");
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  assert.equal(answer.status, 503);
  assert.equal(await answer.text(), "not ready\n");
  const { reasons } = await readinessOf(program);
  const told = reasons.find(({ source }) => source === "broker");
  assert.equal(told.severity, "blocks");
  assert.match(told.reason, new RegExp(`^it is down: .*${nobody}`));
  assert.ok(!JSON.stringify(reasons).includes("hush-hush"));
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
  await program.stop();
});

test("--help prints the settings, an unknown argument the usage", options, async (t) => {
  const { spawnSync } = await import("node:child_process");
  const bin = process.env.WARREN_BIN ?? path.join(new URL("../..", import.meta.url).pathname, "build/asan/bin");
  const help = spawnSync(path.join(bin, "router"), ["--help"], { encoding: "utf8" });
  assert.equal(help.status, 0);
  for (const name of ["LOG_LEVEL", "BROKER_URL", "INTERNAL_API_PORT", "OPS_PORT", "WORKERS", "CORS_ORIGINS"]) assert.match(help.stdout, new RegExp(name));
  const unknown = spawnSync(path.join(bin, "router"), ["--wat"], { encoding: "utf8" });
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /--wat/);
});

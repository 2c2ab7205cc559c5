// `send` of generated/ts, with the stock client in Node.js: it waits where it is told to, and what was sent takes effect.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { BACKSTOP, slow } from "../lib/limits.mjs";
import { metricsOf } from "./lib/ops.mjs";
import { brokerUrl, emit, freshName, PASSWORD, startSystem, temporaryFolder, within } from "./lib/programs.mjs";

const options = BACKSTOP;
const ROOT = new URL("../..", import.meta.url).pathname;
const metric = async (system, name) => (await metricsOf(system.routers[0], "router"))[name];
const nobody = { name: "nobody", password: PASSWORD };

// The page's own compiler makes JavaScript of it.
async function generated(t) {
  const folder = await temporaryFolder(t);
  const tsc = path.join(ROOT, "client/node_modules/.bin/tsc");
  execFileSync(tsc, ["--target", "ES2022", "--module", "ESNext", "--outDir", folder, "--types", "", path.join(ROOT, "generated/ts/demo.ts")]);
  await copyFile(path.join(folder, "demo.js"), path.join(folder, "demo.mjs"));
  return import(path.join(folder, "demo.mjs"));
}

test("what is past its rate is sent again after the time that the answer names, until all is answered", options, async (t) => {
  const { send } = await generated(t);
  const system = await startSystem(t);
  const socket = await system.connect();
  const answers = await Promise.all(Array.from({ length: 14 }, () => send(socket, "userLogin", nobody, { timeoutMs: slow(60_000) })));
  for (const answer of answers) assert.equal(answer.ok, false, JSON.stringify(answer));
  assert.ok((await metric(system, "warren_gateway_rate_limited_event_total")) > 0);
});

test("within the caller's time: a refusal that asks for more is the answer; so is one that waiting does not change", options, async (t) => {
  const { send } = await generated(t);
  const system = await startSystem(t);
  const socket = await system.connect();
  for (let code; code !== "rate_limited"; ) code = (await emit(socket, "userLogin", nobody)).error?.code;
  const { error } = await send(socket, "userLogin", nobody, { timeoutMs: 1 });
  assert.ok(["rate_limited", "timeout"].includes(error.code), error.code);
  assert.equal((await send(socket, "userRegister", { name: "", password: PASSWORD })).error.field, "name");
});

test("without a connection it is told, and what is sent again takes effect once", options, async (t) => {
  const { send } = await generated(t);
  const system = await startSystem(t);
  const socket = await system.connect();
  socket.disconnect();
  assert.equal((await send(socket, "userLogin", nobody, { timeoutMs: 50 })).error.code, "timeout");
  // No answer comes in a millisecond: several of the same are under way, and one account is made.
  socket.connect();
  const made = await send(socket, "userRegister", { name: freshName(), password: PASSWORD }, { answerMs: 1, timeoutMs: slow(60_000) });
  assert.equal(made.error, undefined, JSON.stringify(made));
});

// The service stands still until the router has refused: nothing was ever late, so that is past the burst of a cold system.
test("what is refused as overloaded is answered when there is time for it", { ...options, skip: !brokerUrl }, async (t) => {
  const { send } = await generated(t);
  const system = await startSystem(t);
  const sockets = await Promise.all(Array.from({ length: 30 }, () => system.connect({ transports: ["websocket"] })));
  system.user.child.kill("SIGSTOP");
  const answers = sockets.flatMap((socket) => Array.from({ length: 10 }, () => send(socket, "userLogin", nobody, { timeoutMs: slow(60_000) })));
  const refused = (async () => {
    while ((await metric(system, "warren_gateway_past_limit_total")) === 0);
  })();
  await within(refused, "the router refuses").finally(() => system.user.child.kill("SIGCONT"));
  for (const answer of await Promise.all(answers)) assert.equal(answer.ok, false, JSON.stringify(answer));
});

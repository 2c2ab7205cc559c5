// One event, end to end, with the stock client: over memory: in one process, or over RabbitMQ in several
// (RABBITMQ_URL set).
import assert from "node:assert/strict";
import test from "node:test";
import { prettyFactory } from "pino-pretty";
import { brokerUrl, emit, freshName, next, PASSWORD, register, startSystem, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;

// Collects the notices of a socket in `texts`; resolves when there are `count`.  Two may come in one packet.
function noticesOf(socket, texts, count) {
  return within(
    new Promise((resolve) => socket.on("frontendMessage", ({ text }) => texts.push(text) === count && resolve())),
    `${count} notices`,
  );
}

test("a person registers, logs in and gets the answer", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const own = next(socket, "frontendMessage");
  const answer = await emit(socket, "userLogin", { name, password: PASSWORD });
  assert.equal(answer.ok, true);
  assert.equal(answer.reason, "");
  assert.match(answer.token, /^[\w-]{32,}$/);
  assert.match((await own).text, new RegExp(name));
});

test("a wrong name and a wrong password are told alike", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const wrongPassword = await emit(socket, "userLogin", { name, password: "not the password" });
  const wrongName = await emit(socket, "userLogin", { name: freshName(), password: PASSWORD });
  assert.equal(wrongPassword.ok, false);
  assert.notEqual(wrongPassword.reason, "");
  assert.deepEqual(wrongPassword, wrongName);
  assert.equal(wrongPassword.token, "");
});

test("a taken name is refused at its field", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const { error } = await emit(socket, "userRegister", { name, password: PASSWORD });
  assert.equal(error.code, "already_exists");
  assert.equal(error.field, "name");
});

test("after a login one notice goes to that socket and one to everybody else", options, async (t) => {
  const system = await startSystem(t);
  const [self, other] = [await system.connect(), await system.connect()];
  const name = await register(self);
  const own = [];
  const others = [];
  const bothCame = Promise.all([noticesOf(self, own, 2), noticesOf(other, others, 2)]);
  // The second login's notices come after the first one's: when they are there, no further one is under way.
  await emit(self, "userLogin", { name, password: PASSWORD });
  await emit(self, "userLogin", { name, password: PASSWORD });
  await bothCame;
  assert.equal(own.length, 2);
  assert.equal(others.length, 2);
  assert.notDeepEqual(own, others);
  assert.ok(others.every((text) => text.includes(name)));
});

test("without an ack the answer comes as an event, a refusal as warrenError", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const answer = next(socket, "loginResponse");
  socket.emit("userLogin", { name, password: PASSWORD });
  assert.equal((await answer).ok, true);

  const refusal = next(socket, "warrenError");
  socket.emit("userLogin", { name });
  const { event, code, field } = await refusal;
  assert.deepEqual({ event, code, field }, { event: "userLogin", code: "invalid_argument", field: "password" });
});

test("the argument may be the object's JSON as a string, as the original's client sends it", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const answer = await emit(socket, "userLogin", JSON.stringify({ name, password: PASSWORD }));
  assert.equal(answer.ok, true);
});

const REFUSED = [
  ["an unknown event", "userLogout", [{}], "unknown_event", undefined],
  ["no argument", "userLogin", [], "invalid_argument", undefined],
  ["an argument that is a number", "userLogin", [7], "invalid_argument", undefined],
  ["an argument that is an array", "userLogin", [[]], "invalid_argument", undefined],
  ["an argument that is null", "userLogin", [null], "invalid_argument", undefined],
  ["a string that is not JSON", "userLogin", ["{name"], "invalid_argument", undefined],
  ["a missing field", "userLogin", [{ password: PASSWORD }], "invalid_argument", "name"],
  ["an empty field", "userLogin", [{ name: "", password: PASSWORD }], "invalid_argument", "name"],
  ["an overlong field", "userLogin", [{ name: "x".repeat(65), password: PASSWORD }], "invalid_argument", "name"],
  ["a field that is too short", "userLogin", [{ name: "ada", password: "short" }], "invalid_argument", "password"],
  ["an ill-typed field", "userLogin", [{ name: 7, password: PASSWORD }], "invalid_argument", "name"],
  ["an unknown field", "userLogin", [{ name: "ada", password: PASSWORD, admin: true }], "invalid_argument", "admin"],
  ["a lone surrogate", "userLogin", ['{"name":"\\ud800","password":"long enough"}'], "invalid_argument", "name"],
  ["binary data", "userLogin", [Buffer.from("x")], "invalid_argument", undefined],
];

test("what is refused says what and where, and the next event is served", options, async (t) => {
  const system = await startSystem(t, { env: { LOG_LEVEL: "trace" } });
  const name = await register(await system.connect());
  for (const [what, event, args, code, field] of REFUSED) {
    await t.test(what, async () => {
      const socket = await system.connect();
      const { error } = await emit(socket, event, ...args);
      assert.equal(error.code, code);
      assert.equal(error.field, field);
      assert.notEqual(error.message, "");
      assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
    });
  }
  await t.test("no secret is in any log line", () => {
    const logs = JSON.stringify(system.programs.map((program) => program.lines));
    assert.ok(logs.includes(name), "the log shows what is not secret");
    assert.ok(!logs.includes(PASSWORD));
  });
});

test("too many events a second are refused with the time to wait", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => emit(socket, "userRegister", { name: "", password: PASSWORD })),
  );
  const codes = answers.map((answer) => answer.error.code);
  assert.ok(codes.filter((code) => code === "invalid_argument").length >= 5, String(codes));
  const limited = answers.find((answer) => answer.error.code === "rate_limited");
  assert.ok(limited, String(codes));
  assert.ok(limited.error.retry_after_ms > 0);
});

test("a message that is too large ends that connection only", options, async (t) => {
  const system = await startSystem(t);
  const [large, other] = [await system.connect({ transports: ["websocket"], reconnection: false }), await system.connect()];
  const closed = next(large, "disconnect");
  large.emit("userLogin", { name: "x".repeat(2_000_000), password: PASSWORD });
  await closed;
  await register(other);
});

for (const transports of [["polling"], ["websocket"]]) {
  test(`${transports} alone suffices`, options, async (t) => {
    const system = await startSystem(t);
    const socket = await system.connect({ transports });
    const name = await register(socket);
    assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
    assert.equal(socket.io.engine.transport.name, transports[0]);
  });
}

test("a connection begins with polling and is upgraded", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  if (socket.io.engine.transport.name !== "websocket") {
    await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
  }
  await register(socket);
});

test("log lines are pino's", options, async (t) => {
  const system = await startSystem(t);
  await register(await system.connect());
  for (const program of system.programs) {
    assert.ok(program.lines.length > 0);
    for (const line of program.lines) {
      assert.ok([10, 20, 30, 40, 50, 60].includes(line.level), JSON.stringify(line));
      assert.equal(typeof line.time, "number");
      assert.equal(line.pid, program.child.pid);
      assert.equal(typeof line.hostname, "string");
      assert.equal(typeof line.name, "string");
      assert.equal(typeof line.msg, "string");
    }
  }
  const pretty = prettyFactory({ colorize: false, singleLine: true });
  const shown = pretty(JSON.stringify(system.user.lines.find((line) => line.msg === "ready")));
  assert.match(shown, /INFO \([\w-]+\/\d+\): ready/);
});

test("SIGTERM: what was taken is answered before the end", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect({ reconnection: false });
  const name = await register(socket);
  const answers = Array.from({ length: 8 }, () => emit(socket, "userLogin", { name, password: PASSWORD }));
  await answers[0];
  await Promise.all(system.programs.filter((program) => program.name !== "user").map((program) => program.stop()));
  const outcomes = await Promise.all(answers.map((answer) => answer.catch((error) => error)));
  for (const outcome of outcomes) {
    assert.ok(outcome.ok === true || outcome.error?.code === "unavailable", JSON.stringify(outcome));
  }
});

test("two routers and two users: each reply at the socket that asked", { ...options, skip: !brokerUrl && "memory: is one process" }, async (t) => {
  const system = await startSystem(t, { routers: 2, users: 2 });
  const sockets = [];
  for (let n = 0; n < 12; n++) sockets.push(await system.connects[n % 2]());
  const names = await Promise.all(sockets.map(register));
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all(
      sockets.map((socket, n) => emit(socket, "userLogin", { name: names[n], password: n % 3 === 0 ? "wrong password" : PASSWORD })),
    );
    answers.forEach((answer, n) => assert.equal(answer.ok, n % 3 !== 0));
  }
  // Both routers' browsers hear of who came.
  const [asks, hears] = [sockets[1], sockets[2]];
  const heard = new Promise((resolve) => hears.on("frontendMessage", ({ text }) => text.includes(names[1]) && resolve(text)));
  await emit(asks, "userLogin", { name: names[1], password: PASSWORD });
  await heard;
});

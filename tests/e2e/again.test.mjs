// What a page sends again with the same {id} takes effect once: over memory: in one process, or over RabbitMQ in several
// (RABBITMQ_URL set).  A login's token is random, so an answer that is the same is the same answer.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import test from "node:test";
import { channelAs } from "./lib/accounts.mjs";
import { metricsOf } from "./lib/ops.mjs";
import { brokerUrl, connector, emit, freshName, PASSWORD, register, startSystem, within } from "./lib/programs.mjs";
import { Proxy } from "./lib/proxy.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;

// A handler of `user` ran that often for what one name asked, and no more.
async function ran(system, event, name, times, why) {
  const count = () =>
    system.user.lines.filter((line) => line.msg === "handling" && line.event === event && line.message.name === name).length;
  if (times > 0) await system.user.line(() => count() >= times, `${event} handled ${times} times`);
  assert.equal(count(), times, why);
}

test("an account is made once", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const [name, id] = [freshName(), randomUUID()];
  const send = (...more) => emit(socket, "userRegister", { name, password: PASSWORD }, ...more);
  assert.deepEqual(await send({ id }), { name });
  assert.deepEqual(await send({ id }), { name });
  assert.equal((await send()).error.code, "already_exists");
  await ran(system, "userRegister", name, 2, "once for the id, once without");
});

test("sent again while the first is under way, and afterwards: one answer", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const login = { name, password: PASSWORD };
  const id = randomUUID();
  const answers = await Promise.all([1, 2, 3].map(() => emit(socket, "userLogin", login, { id })));
  answers.push(await emit(socket, "userLogin", login, { id: id.toUpperCase() }));
  assert.equal(answers[0].ok, true);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  await ran(system, "userLogin", name, 1);
  const counted = async () => (await metricsOf(system.routers[0])).warren_gateway_repeated_total;
  assert.equal(await counted(), 3);

  const other = await emit(socket, "userLogin", login, { id: randomUUID() });
  assert.notEqual(other.token, answers[0].token);
  await ran(system, "userLogin", name, 2);
  assert.equal(await counted(), 3, "what was sent once is not counted");
});

test("without an ack each is answered by the event", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const id = randomUUID();
  const tokens = [];
  const both = new Promise((resolve) => socket.on("loginResponse", ({ token }) => tokens.push(token) === 2 && resolve()));
  for (let n = 0; n < 2; n++) socket.emit("userLogin", { name, password: PASSWORD }, { id });
  await within(both, "two answers");
  assert.equal(tokens[0], tokens[1]);
  await ran(system, "userLogin", name, 1);
});

test("a refusal that is final is told again, one of the router's is looked at again", options, async (t) => {
  const system = await startSystem(t);
  const socket = await system.connect();
  const name = await register(socket);
  const id = randomUUID();
  for (let n = 0; n < 2; n++) {
    const { error } = await emit(socket, "userRegister", { name, password: PASSWORD }, { id });
    assert.equal(error.code, "already_exists");
    assert.equal(error.field, "name");
  }
  await ran(system, "userRegister", name, 2, "the account's own, and the one that was refused");

  const mended = randomUUID();
  assert.equal((await emit(socket, "userLogin", { name }, { id: mended })).error.field, "password");
  assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD }, { id: mended })).ok, true);
});

test("an id is of one socket, one event and one message", options, async (t) => {
  const system = await startSystem(t);
  const [one, other] = [await system.connect(), await system.connect()];
  const name = await register(one);
  const login = { name, password: PASSWORD };
  const id = randomUUID();
  const first = await emit(one, "userLogin", login, { id });
  const second = await emit(other, "userLogin", login, { id });
  assert.equal(second.ok, true);
  assert.notEqual(second.token, first.token);
  assert.equal((await emit(one, "userRegister", login, { id })).error.code, "already_exists");

  const { error } = await emit(one, "userLogin", { name, password: "another password" }, { id });
  assert.equal(error.code, "invalid_argument");
  assert.equal(error.field, "id");
  assert.deepEqual(await emit(one, "userLogin", login, { id }), first);
});

const BAD_IDS = [{ id: "x" }, { id: 7 }, { id: null }, {}, { id: randomUUID(), more: 1 }, null, 7, "x", [randomUUID()]];

test("a second argument that is no {id} is refused at the field id", options, async (t) => {
  const system = await startSystem(t);
  const name = await register(await system.connect());
  for (const bad of BAD_IDS) {
    const socket = await system.connect();
    const { error } = await emit(socket, "userLogin", { name, password: PASSWORD }, bad);
    assert.equal(error.code, "invalid_argument", JSON.stringify(bad));
    assert.equal(error.field, "id", JSON.stringify(bad));
  }
  await ran(system, "userLogin", name, 0);
});

test("the stock client's retries, when the answer is lost", options, async (t) => {
  const system = await startSystem(t);
  const proxy = new Proxy(system.ports);
  const port = await proxy.listen(t);
  const socket = await connector(t, port)({ transports: ["websocket"], retries: 20, ackTimeout: 300 });
  const name = await register(socket);
  const lost = [];
  proxy.keep = (text) => !text.startsWith("43") || lost.push(text) > 1;
  const answer = await within(
    socket.emitWithAck("userLogin", { name, password: PASSWORD }, { id: randomUUID() }), "the answer");
  assert.equal(answer.ok, true);
  assert.ok(lost.length >= 2, "an ack was lost, and another one came");
  assert.ok(lost[0].includes(answer.token), "it is the answer that was lost");
  await ran(system, "userLogin", name, 1);
});

test("over another router, as the same user", { ...options, skip: !brokerUrl && "memory: is one process" }, async (t) => {
  const system = await startSystem(t, { routers: 2 });
  const proxy = new Proxy([system.ports[0]]);
  const socket = await connector(t, await proxy.listen(t))({ transports: ["websocket"] });
  const name = await register(socket);
  const login = { name, password: PASSWORD };
  const id = randomUUID();
  const signIn = () => emit(socket, "userLogin", login);
  await signIn();

  // The connection ends when the answer is on its way, and the next one is to the other router.
  const lost = [];
  proxy.keep = (text) => {
    if (!text.startsWith("43")) return true;
    lost.push(text);
    proxy.ports = [system.ports[1]];
    proxy.cut();
    return false;
  };
  const back = once(socket, "connect");
  await assert.rejects(emit(socket, "userLogin", login, { id }));
  proxy.keep = () => true;
  await within(back, "the socket is back");
  const other = system.programs.find((program) => program.lines.some((line) => line.port === system.ports[1]));
  await other.line((line) => line.msg === "connected", "a socket");

  await signIn();
  const answer = await emit(socket, "userLogin", login, { id });
  assert.equal(lost.length, 1);
  assert.ok(lost[0].includes(answer.token), "it is the answer that was lost");
  await ran(system, "userLogin", name, 3, "twice to sign in, once for the id");
});

test("on the broker: the same message_id with warren-once", { ...options, skip: !brokerUrl && "over RabbitMQ only" }, async (t) => {
  const system = await startSystem(t, { env: { BROKER_TRUST: "accounts,guest" } });
  const name = await register(await system.connect());
  const channel = await channelAs(t, "guest");
  const { queue } = await channel.assertQueue("", { exclusive: true });
  const answers = [];
  const all = new Promise((resolve) => channel.consume(queue, (message) => answers.push(message) === 3 && resolve(), { noAck: true }));
  const ask = (correlationId, headers) =>
    channel.publish("demo", "userLogin.0", Buffer.from(JSON.stringify({ name, password: PASSWORD })), {
      type: "userLogin", contentType: "application/json", userId: "guest", persistent: true, messageId: `m-${name}`, replyTo: queue, correlationId, headers,
    });
  for (const correlationId of ["a", "b", "c"]) ask(correlationId, { "warren-once": "what was sent" });
  await within(all, "three answers");
  assert.deepEqual(answers.map(({ properties }) => properties.correlationId).sort(), ["a", "b", "c"]);
  for (const { content, properties } of answers) {
    assert.equal(properties.type, "loginResponse");
    assert.deepEqual(content, answers[0].content);
  }
  await ran(system, "userLogin", name, 1);
});

// What may happen on the broker between the services: bytes that are no message, messages from other languages, a broker
// that goes away and comes back.  Over RabbitMQ only.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { channelAs } from "./lib/accounts.mjs";
import { emit, freshName, PASSWORD, ready, register, startSystem, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;
const run = promisify(execFile);
const RABBITMQ = path.join(new URL("..", import.meta.url).pathname, "rabbitmq/rabbitmq");

// What a person publishes by hand is believed.
const byHand = { env: { BROKER_TRUST: "accounts,guest" } };

// Takes the next message of a queue, waiting for it.
async function take(channel, queue) {
  const taken = new Promise((resolve, reject) => {
    channel.consume(queue, (message) => (message ? resolve(message) : reject(new Error(`${queue} is gone`))), { noAck: true })
      .then(({ consumerTag }) => (taken.tag = consumerTag), reject);
  });
  const message = await within(taken, `a message on ${queue}`);
  await channel.cancel(taken.tag);
  return message;
}

test("bytes that are no message are parked with the reason, and the next event is served", options, async (t) => {
  const system = await startSystem(t, byHand);
  const channel = await channelAs(t, "guest");
  await channel.purgeQueue("demo.user.dead");
  const bytes = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00]);
  channel.publish("demo", "userLogin.0", bytes, { type: "userLogin", messageId: "m-1", userId: "guest", persistent: true });
  const dead = await take(channel, "demo.user.dead");
  assert.deepEqual(dead.content, bytes);
  assert.equal(dead.properties.messageId, "m-1");
  assert.equal(dead.properties.headers["warren-reason"], "invalid");
  assert.equal(dead.properties.headers["warren-queue"], "demo.user.userLogin");
  assert.match(dead.properties.headers["warren-error"], /./);

  const socket = await system.connect();
  const name = await register(socket);
  assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
});

test("a message that breaks the schema's rules is parked; its secrets are in no error text", options, async (t) => {
  await startSystem(t, byHand);
  const channel = await channelAs(t, "guest");
  await channel.purgeQueue("demo.user.dead");
  const body = Buffer.from(JSON.stringify({ name: "ada", password: "hush" }));
  channel.publish("demo", "userLogin.0", body, { type: "userLogin", contentType: "application/json", userId: "guest", persistent: true });
  const dead = await take(channel, "demo.user.dead");
  assert.equal(dead.properties.headers["warren-reason"], "invalid");
  assert.ok(!JSON.stringify(dead.properties.headers).includes("hush"));
});

test("JSON from any language is taken, and answered at its reply queue", options, async (t) => {
  const system = await startSystem(t, byHand);
  const name = await register(await system.connect());
  const channel = await channelAs(t, "guest");
  const { queue } = await channel.assertQueue("", { exclusive: true });
  const ask = (message) =>
    channel.publish("demo", "userLogin.0", Buffer.from(JSON.stringify(message)), {
      type: "userLogin", contentType: "application/json", userId: "guest", replyTo: queue, correlationId: "c-1", persistent: true,
    });
  ask({ name, password: PASSWORD });
  const reply = await take(channel, queue);
  assert.equal(reply.properties.type, "loginResponse");
  assert.equal(reply.properties.correlationId, "c-1");
  assert.equal(reply.properties.contentType, undefined, "protobuf is meant where there is none");
  assert.equal(reply.content[0], 0x08, "field 1, ok");
  assert.equal(reply.content[1], 1);

  ask({ name: "", password: PASSWORD });
  const refusal = await take(channel, queue);
  assert.equal(refusal.properties.type, "warren.Error");
  assert.equal(refusal.properties.contentType, "application/json");
  const error = JSON.parse(refusal.content);
  assert.equal(error.code, "invalid_argument");
  assert.equal(error.field, "name");
});

test("a message that no account of a producer published is parked as forged, unanswered", options, async (t) => {
  const system = await startSystem(t);
  const channel = await channelAs(t, "guest");
  await channel.purgeQueue("demo.user.dead");
  const { queue } = await channel.assertQueue("", { exclusive: true });
  const body = Buffer.from(JSON.stringify({ name: "ada", password: PASSWORD }));
  for (const userId of [undefined, "guest"]) {
    const messageId = `by-${userId}`;
    channel.publish("demo", "userLogin.0", body, {
      type: "userLogin", contentType: "application/json", replyTo: queue, correlationId: "c-1", messageId, userId, persistent: true,
      headers: { "warren-account": "demo.router" },
    });
    const dead = await take(channel, "demo.user.dead");
    assert.equal(dead.properties.messageId, messageId);
    assert.equal(dead.properties.headers["warren-reason"], "forged");
    assert.equal(dead.properties.headers["warren-account"], userId);
    assert.equal(dead.properties.userId, "demo.user");
    const told = await system.user.line(({ msg, message_id }) => /^forged/.test(msg) && message_id === messageId, "that it is forged");
    assert.deepEqual([told.account, told.type], [userId ?? "", "userLogin"]);
  }
  assert.equal((await channel.checkQueue(queue)).messageCount, 0);
});

test("a broker that goes away: pages are told, and served again when it is back", options, async (t) => {
  const system = await startSystem(t);
  const router = system.programs.find((program) => program.name === "router");
  const socket = await system.connect();
  const name = await register(socket);
  const readyz = () => fetch(`http://127.0.0.1:${system.ports[0]}/readyz`);
  const told = (program) => program.line((line) => line.msg.startsWith("broker down"), "broker down");
  const times = (program, text) => program.lines.filter((line) => line.msg === text).length;

  await run(RABBITMQ, ["stop", process.env.RABBITMQ_DIR]);
  await Promise.all([told(router), told(system.user)]);
  assert.equal((await readyz()).status, 503);
  const { error } = await emit(socket, "userLogin", { name, password: PASSWORD });
  assert.ok(["timeout", "unavailable"].includes(error.code), JSON.stringify(error));

  const before = [router, system.user].map((program) => times(program, "broker up"));
  await run(RABBITMQ, ["start", process.env.RABBITMQ_DIR]);
  await Promise.all([router, system.user].map((program, n) =>
    program.line(() => times(program, "broker up") > before[n], "broker up again")));
  assert.equal((await readyz()).status, 200);
  assert.equal(socket.connected, true, "the page's socket stayed");
  assert.equal((await emit(socket, "userLogin", { name, password: PASSWORD })).ok, true);
});

test("a second router that starts later takes its own pages", options, async (t) => {
  const system = await startSystem(t, { routers: 2 });
  await Promise.all(system.programs.map(ready));
  const socket = await system.connects[1]();
  await register(socket);
  const closed = once(socket, "disconnect");
  await system.programs.find((program) => program.name === "router" && program.lines.some((line) => line.port === system.ports[1])).stop();
  await closed;
  const other = await system.connects[0]();
  assert.deepEqual(await emit(other, "userLogin", { name: freshName(), password: PASSWORD }).then((answer) => answer.ok), false);
});

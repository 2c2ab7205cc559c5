// Services reach browsers wherever they are: two routers over RabbitMQ, and a service that does what it is told.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { channelAs } from "../e2e/lib/accounts.mjs";
import { emit, next, temporaryFolder } from "../e2e/lib/programs.mjs";
import { errand, start, tell } from "./lib/system.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;

// Notes that came to each socket until all have heard the last, which goes to all.
let turn = 0;
async function heard(sockets, act) {
  const end = `end ${++turn}`;
  const texts = sockets.map(() => []);
  const over = sockets.map(
    (socket, n) =>
      new Promise((resolve) => {
        const hear = ({ text }) => {
          if (text !== end) return void texts[n].push(text);
          socket.off("note", hear).off("sure", hear);
          resolve();
        };
        socket.on("note", hear).on("sure", hear);
      }),
  );
  await act();
  await tell(sockets[0], ["note", "all", end]);
  await Promise.all(over.map((one) => Promise.race([one, new Promise((_, no) => setTimeout(no, 60_000, new Error("no end")).unref())])));
  return texts;
}

test("a user is one person at both routers", options, async (t) => {
  const system = await start(t);
  const [a, b, c, other] = [
    await system.connect[0](),
    await system.connect[1](),
    await system.connect[1]({ transports: ["polling"] }),
    await system.connect[0](),
  ];
  for (const socket of [a, b, c]) await tell(socket, ["user", "socket", "ada"]);
  assert.equal((await tell(a)).user, "ada");
  assert.equal((await tell(b)).user, "ada");
  assert.equal((await tell(other)).user, "");
  const texts = await heard([other, a, b, c], () => tell(other, ["note", "user:ada", "for ada"]));
  assert.deepEqual(texts, [[], ["for ada"], ["for ada"], ["for ada"]]);
  assert.deepEqual(await heard([a, b, c, other], () => tell(b, ["note", "user:ada", "but b", true])), [["but b"], [], ["but b"], []]);

  await tell(a, ["user", "socket", "bob"]); // another user from now on
  assert.deepEqual(await heard([a, b, c], () => tell(b, ["note", "user:ada", "x"], ["note", "user:bob", "y"])), [["y"], ["x"], ["x"]]);
  await tell(other, ["user", "user:ada", ""]); // signs out everywhere
  assert.deepEqual(await heard([a, b, c], () => tell(b, ["note", "user:ada", "x"])), [[], [], []]);
  assert.equal((await tell(c)).user, "");
  assert.equal((await tell(a)).user, "bob");
});

test("a room has sockets of both routers; what a handler does in order is seen in order", options, async (t) => {
  const system = await start(t);
  const sockets = [];
  for (let n = 0; n < 6; n++) sockets.push(await system.connect[n % 2]());
  const [a, b, c] = sockets;
  // Joining, a note to the room and leaving in one handler, many times: each sees exactly its own.
  const rounds = 20;
  const texts = await heard(sockets, () =>
    Promise.all(
      sockets.map(async (socket, n) => {
        for (let i = 0; i < rounds; i++) {
          await tell(socket, ["join", "socket", `own ${n}`], ["note", `room:own ${n}`, `${n} ${i}`], ["leave", "socket", `own ${n}`], [
            "note", `room:own ${n}`, "too late"]);
        }
      }),
    ),
  );
  texts.forEach((own, n) => assert.deepEqual(own, Array.from({ length: rounds }, (_, i) => `${n} ${i}`)));

  await tell(a, ["join", "socket", "lobby"]);
  await tell(b, ["join", "socket", "lobby"]);
  assert.deepEqual((await heard(sockets, () => tell(c, ["note", "room:lobby", "x"]))).map((own) => own.length), [1, 1, 0, 0, 0, 0]);
  await tell(c, ["join", "all", "hall"], ["leave", "room:lobby", "hall"]); // all, then those of a room
  assert.deepEqual((await heard(sockets, () => tell(c, ["note", "room:hall", "x"]))).map((own) => own.length), [0, 0, 1, 1, 1, 1]);
  await tell(a, ["leave", "others", "hall"]);
  assert.deepEqual((await heard(sockets, () => tell(c, ["note", "room:hall", "x"]))).map((own) => own.length), [0, 0, 0, 0, 0, 0]);
});

test("a socket's address is reached from anywhere, and whose router is gone holds nobody up", options, async (t) => {
  const system = await start(t);
  const [a, b] = [await system.connect[0](), await system.connect[1]()];
  const { socket: address } = await tell(b);
  const texts = await heard([a, b], () => tell(a, ["join", `address:${address}`, "r"], ["note", "room:r", "x"], ["note", `address:${address}`, "y"]));
  assert.deepEqual(texts, [[], ["x", "y"]]);
  await tell(a, ["join", "address:reach.gate.gone.1", "r"]);
  await system.desk.line((line) => line.msg.includes("found no edge"), "that it found no edge");
});

test("browsers name no rooms: names of rooms, users and sockets never meet", options, async (t) => {
  const system = await start(t);
  const [a, b] = [await system.connect[0](), await system.connect[1]()];
  const { socket: address } = await tell(b);
  const sid = address.slice("reach.gate.".length);
  assert.equal(sid, b.id);
  // A service that takes any name from a page: still nobody's but its own name space is reached.
  const names = ["user:ada", "room:lobby", sid, address, `socket:${address}`, "ada", "lobby", "all", "/"];
  for (const name of names) await tell(a, ["join", "socket", name]);
  await tell(b, ["user", "socket", "ada"], ["join", "socket", "inner"]);
  const texts = await heard([a, b], () =>
    tell(b, ["note", "user:ada", "1"], ["note", "room:inner", "2"], ["note", "socket", "3"], ["note", `room:${sid}`, "to a"], ["note", "room:user:ada", "to a"]),
  );
  assert.deepEqual(texts, [["to a", "to a"], ["1", "2", "3"]]);
  assert.deepEqual(await heard([a, b], () => tell(a, ["note", `room:${b.id}`, "x"], ["leave", `room:${b.id}`, "inner"])), [["x"], []]);
  assert.deepEqual(await heard([a, b], () => tell(a, ["note", "room:inner", "x"])), [[], ["x"]]);
  // Event names that other servers give a meaning.
  for (const event of ["join", "room", "subscribe", "warren.Join", "leave", "user", "disconnectSockets"]) {
    const { error } = await emit(a, event, { room: "inner" }).catch(() => ({}));
    assert.equal(error?.code, "unknown_event", event);
  }
  assert.deepEqual(await heard([a, b], () => tell(b, ["note", "room:inner", "x"])), [[], ["x"]]);
  const { results } = await emit(a, "errand", { steps: [{ what: "join", name: "" }, { what: "join", name: "x".repeat(201) }, { what: "join", name: "a\u0007" }] });
  assert.deepEqual(results, [-22, -22, -22]);
});

test("a user is disconnected everywhere, after what was sent before", options, async (t) => {
  const system = await start(t);
  const once_ = { reconnection: false };
  const [a, b, other] = [await system.connect[0](once_), await system.connect[1](once_), await system.connect[1](once_)];
  await tell(a, ["user", "socket", "ada"]);
  await tell(b, ["user", "socket", "ada"]);
  const last = [a, b].map((socket) => next(socket, "note"));
  const gone = [a, b].map((socket) => once(socket, "disconnect"));
  await tell(other, ["note", "user:ada", "goodbye"], ["disconnect", "user:ada"]);
  for (const note of await Promise.all(last)) assert.equal(note.text, "goodbye");
  for (const [reason] of await Promise.all(gone)) assert.equal(reason, "io server disconnect");
  assert.equal((await tell(other)).user, "");

  const [c, d] = [await system.connect[0](once_), await system.connect[1](once_)];
  const closed = [c, d].map((socket) => once(socket.io.engine, "close"));
  await tell(other, ["close", "others"]);
  await Promise.all(closed);
  await tell(other); // it is left out
});

test("what is no control message is counted as lost, and the router goes on", options, async (t) => {
  const system = await start(t, { routers: 1, env: { BROKER_TRUST: "accounts,guest" } });
  const a = await system.connect[0]();
  const { socket: address } = await tell(a);
  const queue = address.slice(0, address.lastIndexOf("."));
  const channel = await channelAs(t, "guest");
  const to = `socket:${address}`;
  const wrong = [
    ["warren.Join", { "warren-to": to }],
    ["warren.Join", { "warren-to": to, "warren-argument": "" }],
    ["warren.Join", { "warren-to": to, "warren-argument": "a\u0001" }],
    ["warren.Leave", { "warren-to": to, "warren-argument": "x".repeat(60_000) }],
    ["warren.User", { "warren-to": to, "warren-argument": "x".repeat(201) }],
    ["warren.Join", { "warren-to": "room:", "warren-argument": "r" }],
    ["warren.Join", { "warren-to": "room", "warren-argument": "r" }],
    ["warren.Join", { "warren-to": "everybody", "warren-argument": "r" }],
    ["warren.Join", { "warren-to": "socket:other.abc.def", "warren-argument": "r" }],
    ["warren.Join", { "warren-to": "socket:", "warren-argument": "r" }],
    ["warren.Disconnect", { "warren-to": "x".repeat(60_000) }],
    ["warren.Nonsense", { "warren-to": to }],
    ["note", { "warren-to": "user:" }],
    ["note", { "warren-to": `room:${"x".repeat(201)}` }],
    ["", { "warren-to": to }],
  ];
  for (const [type, headers] of wrong) channel.sendToQueue(queue, Buffer.from([0xff]), { type, userId: "guest", headers });
  assert.deepEqual(await heard([a], () => tell(a, ["note", "socket", "still here"], ["note", "room:r", "x"])), [["still here"]]);
  // Told at most once a second: the first at once, the next one after that second with the count of all.
  await delay(1100);
  channel.sendToQueue(queue, Buffer.alloc(0), { type: "warren.Join", userId: "guest", headers: { "warren-to": to } });
  await system.gates[0].line((line) => line.lost === wrong.length + 1, "all that was wrong, and one more");
});

test("at least once: it reaches sockets, users and rooms as any event does", options, async (t) => {
  const system = await start(t);
  const sockets = [await system.connect[0](), await system.connect[1](), await system.connect[1]()];
  const [a, b, c] = sockets;
  const { socket: address } = await tell(b, ["user", "socket", "ada"]);
  await tell(c, ["join", "socket", "lobby"]);
  const texts = await heard(sockets, async () => {
    await tell(a, ["sure", "socket", "1"], ["sure", `address:${address}`, "2"], ["note", "all", "3"], ["sure", "user:ada", "4"]);
    await tell(a, ["sure", "room:lobby", "5"], ["sure", "others", "6"], ["join", "socket", "late"], ["sure", "room:late", "7"]);
  });
  assert.deepEqual(texts, [["1", "3", "7"], ["2", "3", "4", "6"], ["3", "5", "6"]]);
  await tell(a, ["sure", "address:reach.gate.gone.1", "8"]); // known to be lost, and nobody is held up
  await system.desk.line((line) => line.msg.includes("found no edge"), "that it found no edge");
});

test("at least once: to a socket that has gone it is known to be lost", options, async (t) => {
  const system = await start(t);
  const [a, b] = [await system.connect[0](), await system.connect[1]()];
  const { socket: address } = await tell(b);
  b.disconnect();
  await system.gates[1].line((line) => line.msg === "disconnected", "that it has left");
  await tell(a, ["note", `address:${address}`, "x"], ["sure", `address:${address}`, "y"], ["sure", "user:nobody", "z"]);
  const lost = await system.gates[1].line((line) => line.msg.startsWith("nobody was there"), "what is lost");
  assert.deepEqual([lost.event, lost.to], ["sure", address.slice("reach.gate.".length)]);
});

test("at least once: many, in order, faster than they are taken", options, async (t) => {
  const system = await start(t, { env: { MAX_PUSHES: "3" } });
  const [a, b] = [await system.connect[0](), await system.connect[1]()];
  const { socket: address } = await tell(b);
  const wanted = Array.from({ length: 600 }, (_, n) => String(n));
  const texts = await heard([a, b], async () => {
    for (let at = 0; at < wanted.length; at += 100) await tell(a, ...wanted.slice(at, at + 100).map((n) => ["sure", `address:${address}`, n]));
  });
  assert.deepEqual(texts, [[], wanted]);
});

test("at least once: a router that dies has not taken what it did not deliver, and the other says what is lost", options, async (t) => {
  const system = await start(t, { env: { PUSH_WAIT_MS: "4000" } });
  const [a, b] = [await system.connect[0]({ reconnection: false }), await system.connect[1]()];
  const { socket: address } = await tell(a);
  const queue = address.slice(0, address.lastIndexOf("."));
  const channel = await channelAs(t, "guest");

  system.gates[0].child.kill("SIGSTOP");
  await tell(b, ["sure", `address:${address}`, "x"], ["sure", `address:${address}`, "y"], ["note", `address:${address}`, "z"]);
  assert.equal((await channel.checkQueue(queue)).messageCount, 0); // sent ahead to it
  system.gates[0].child.kill("SIGKILL");
  await system.gates[0].ended;
  // The broker has all of them, until their time is over.
  while ((await channel.checkQueue(queue)).messageCount < 3);
  const told = await system.gates[1].line((line) => line.msg.startsWith("lost on the way") && line.event === "sure", "what is lost");
  assert.match(told.reason, /instance/);
  while ((await channel.checkQueue(queue)).messageCount > 0);
  while ((await channel.checkQueue("reach.gate.lost")).messageCount > 0);
  assert.deepEqual(await heard([b], () => tell(b, ["sure", "all", "still here"])), [["still here"]]);
});

// Opening it for reading waits for its writer.
async function namedPipe(t) {
  const pipe = path.join(await temporaryFolder(t), "answer");
  await promisify(execFile)("mkfifo", [pipe]);
  return pipe;
}

test("an event that a router looks up on a worker holds up its socket's later ones, and nobody else", options, async (t) => {
  const system = await start(t, { routers: 1 });
  const [asks, other] = [await system.connect[0](), await system.connect[0]()];
  for (const [n, says] of ["yes", "no"].entries()) {
    const pipe = await namedPipe(t);
    const order = [];
    const first = emit(asks, "errand", errand(["look up", "socket", pipe])).then((answer) => (order.push("first"), answer));
    const second = tell(asks).then(() => order.push("second"));
    for (let i = 0; i < 20; i++) await tell(other); // the router and the other socket go on
    assert.deepEqual(order, []);
    await writeFile(pipe, says);
    const answer = await first;
    await second;
    if (n === 0) assert.deepEqual(answer.results, []);
    else assert.deepEqual(answer, { error: { code: "forbidden", message: "the pipe says no" } });
  }
  // While it stops nobody waits for a look-up; the page hears at once.
  const late = await namedPipe(t);
  const left = emit(asks, "errand", errand(["look up", "socket", late]));
  await tell(other);
  const stopped = system.gates[0].stop();
  assert.equal((await left).error.code, "unavailable");
  await writeFile(late, "yes");
  await stopped;
});

// A page that loses its connection comes back at any router, and what services sent it meanwhile comes with it: the stock
// client, several routers over RabbitMQ, no sticky sessions.
//
// `note` goes AT_MOST_ONCE, `sure` AT_LEAST_ONCE: that is about the way to the router.  From there on both are kept for who
// comes back; nothing that services send is volatile.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import test from "node:test";
import { startHaproxy } from "../edge/lib/cluster.mjs";
import { metricsOf } from "../e2e/lib/ops.mjs";
import { connector, emit, within } from "../e2e/lib/programs.mjs";
import { Proxy } from "../e2e/lib/proxy.mjs";
import { acquainted, errand, Road, start, tell } from "./lib/system.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;
const quick = { reconnectionDelay: 10, reconnectionDelayMax: 50 };
const transportsOf = { websocket: { transports: ["websocket"] }, "no options": {} };

// Every text that a page is shown, in order.
function shown(socket) {
  const texts = [];
  let look = () => {};
  for (const event of ["note", "sure"]) socket.on(event, ({ text }) => (texts.push(text), look()));
  texts.until = (...wanted) => within(new Promise((resolve) => {
    look = () => wanted.every((text) => texts.includes(text)) && resolve(texts);
    look();
  }), `${wanted} is shown; there are ${texts.slice(-30)}`);
  return texts;
}

// The router's counters, summed over all of them.
async function counted(system, name) {
  const values = await Promise.all(system.gates.map((gate) => metricsOf(gate).catch(() => ({}))));
  return values.reduce((sum, value) => sum + (value[name] ?? 0), 0);
}

// Two or more routers, a page on a road of its own to the first, and another page that never moves.
async function begin(t, { routers = 2, env, page = {} } = {}) {
  const system = await start(t, { routers, env });
  await acquainted(system);
  const road = new Road(system.ports);
  const a = await connector(t, await road.listen(t))({ ...quick, ...page });
  const boss = await system.connect[routers - 1]();
  const { socket: address } = await tell(a);
  return { system, road, a, boss, address, id: a.id };
}

// Away from its router, back at another one (or the same); `meanwhile` while nobody is there.
async function move({ a, road }, to, meanwhile = async () => {}) {
  const gone = once(a, "disconnect");
  road.cut(null);
  await within(gone, "the page notices");
  await meanwhile();
  const back = once(a, "connect");
  road.cut(to);
  await within(back, "the page is back");
}

for (const [name, page] of Object.entries(transportsOf)) {
  test(`nothing is missed and nothing comes twice, at another router each time: ${name}`, options, async (t) => {
    const all = await begin(t, { routers: 3, page });
    const { system, a, boss, address, id } = all;
    await tell(a, ["user", "socket", "ada"], ["join", "socket", "den"]);
    const texts = shown(a);
    const targets = [`address:${address}`, "user:ada", "room:den", "all"];
    const wanted = targets.map(() => []);
    let [number, moves, at] = [0, 0, 0];
    // Of each kind to each target; what goes one way is awaited in order.
    const send = () => tell(boss, ...targets.flatMap((to, n) => ["note", "sure"].map((what) => {
      wanted[n].push(`${to} ${number++}`);
      return [what, to, wanted[n].at(-1)];
    })));
    for (const to of [1, 2, 0, 0, 2, 1, 1, 0]) {
      await send();
      await move(all, to, send);
      // Not further before its former router has heard where it is: that one takes an offset of a broadcast for its own, and
      // what it had still to pass on before that for received.
      moves += to !== at;
      at = to;
      while ((await counted(system, "warren_edge_handed_over_total")) < moves);
      await send();
      assert.equal(a.id, id);
      assert.equal(a.recovered, true);
    }
    await tell(boss, ...targets.map((to) => ["sure", to, `end of ${to}`]));
    await texts.until(...targets.map((to) => `end of ${to}`));
    // What has one way keeps its order; broadcasts that come over two routers may change places.
    const of = (to) => texts.filter((text) => text.startsWith(`${to} `));
    assert.deepEqual(of(targets[0]), wanted[0]);
    for (const [n, to] of targets.entries()) assert.deepEqual(of(to).sort(), wanted[n].sort());
    assert.deepEqual(system.gates.flatMap(({ lines }) => lines.filter(({ msg }) => msg === "a socket may not have received all")), []);
    assert.equal(await counted(system, "warren_edge_lost_total"), 0);
    assert.equal(await counted(system, "warren_gateway_lost_total"), 0);
    assert.equal(await counted(system, "warren_edge_recovered_total"), 8);
  });
}

test("whose it is and its rooms come along, and follow what services ask of its former address", options, async (t) => {
  const all = await begin(t);
  const { a, boss, address } = all;
  const texts = shown(a);
  let number = 0;
  // Whether it gets what is sent there now; `end` goes the longest way.
  const probe = async (to) => {
    const [text, end] = [`${to} ${number++}`, `end ${number}`];
    await tell(boss, ["sure", to, text], ["sure", `address:${address}`, end]);
    await texts.until(end);
    return texts.includes(text);
  };
  const until = async (to, gets) => { while ((await probe(to)) !== gets); };
  await tell(a, ["user", "socket", "ada"], ["join", "socket", "den"]);
  for (const to of [0, 1]) {
    await move(all, to);
    assert.equal(a.recovered, true);
    assert.equal((await tell(a)).user, "ada");
    await until("user:ada", true);
    await until("room:den", true);
  }
  // The former router passes these on, each by a call of its own.
  await tell(boss, ["user", `address:${address}`, "bob"], ["join", `address:${address}`, "hall"], ["leave", `address:${address}`, "den"]);
  for (const [to, gets] of [["user:bob", true], ["room:hall", true], ["user:ada", false], ["room:den", false]]) await until(to, gets);
  const { user, socket: now } = await tell(a);
  assert.equal(user, "bob");
  assert.notEqual(now, address);
  // And this where it is, of which the former router does not know.
  await tell(a, ["leave", "socket", "hall"], ["user", "socket", "eve"]);
  const before = texts.length;
  for (const to of ["user:bob", "room:hall", "user:ada", "room:den"]) await probe(to);
  await until("user:eve", true);
  await until(`address:${now}`, true);
  assert.deepEqual(texts.slice(before).filter((text) => /^(user:(bob|ada)|room)/.test(text)), []);
  await move(all, 0); // and home
  assert.equal(a.recovered, true);
  assert.equal((await tell(a)).user, "eve");
  await until("user:eve", true);
  assert.deepEqual(texts.slice(before).filter((text) => /^(user:(bob|ada)|room)/.test(text)), []);
  const left = once(a, "disconnect");
  await tell(boss, ["disconnect", `address:${now}`]);
  assert.equal((await within(left, "it is disconnected"))[0], "io server disconnect");
});

test("behind haproxy, with no options", options, async (t) => {
  const system = await start(t, { routers: 3 });
  await acquainted(system);
  const haproxy = await startHaproxy(system.ports);
  t.after(() => haproxy.stop());
  const pages = await Promise.all(Array.from({ length: 8 }, () => connector(t, haproxy.port)(quick)));
  const boss = await system.connect[0]();
  const ids = pages.map(({ id }) => id);
  const texts = pages.map(shown);
  const wanted = [];
  const send = () => tell(boss, ...["note", "sure"].map((what) => [what, "all", wanted[wanted.push(`n ${wanted.length}`) - 1]]));
  for (let round = 0; round < 5; round++) {
    await send();
    await Promise.all(pages.map(async (page) => {
      const { engine } = page.io;
      if (engine.transport.name !== "websocket") await within(once(engine, "upgrade"), "a page moves to a WebSocket");
      const back = once(page, "connect");
      engine.transport.ws.terminate();
      await within(back, "a page is back");
      assert.equal(page.recovered, true);
    }).concat(send(), send()));
  }
  await tell(boss, ["sure", "all", "end"]);
  await Promise.all(texts.map((own) => own.until("end")));
  assert.deepEqual(pages.map(({ id }) => id), ids);
  for (const own of texts) assert.deepEqual(own.filter((text) => text !== "end").sort(), wanted.sort());
  assert.ok((await counted(system, "warren_edge_handed_over_total")) > 0);
});

test("who does not come back in time has lost what was sent, and that is known", options, async (t) => {
  const all = await begin(t, { env: { RECOVERY_MS: "1000" } });
  const { system, a, boss, address, road, id } = all;
  const gone = once(a, "disconnect");
  road.cut(null);
  await within(gone, "the page notices");
  await tell(boss, ["sure", `address:${address}`, "1"], ["note", `address:${address}`, "2"], ["sure", "all", "3"]);
  const told = await system.gates[0].line((line) => line.msg === "a socket may not have received all", "what is lost");
  assert.deepEqual([told.sid, told.events, told.first, told.reason], [id, 3, "sure", "it did not come back"]);
  const texts = shown(a);
  const back = once(a, "connect");
  road.cut(1);
  await within(back, "the page is back");
  assert.equal(a.recovered, false);
  assert.notEqual(a.id, id);
  await tell(boss, ["sure", `address:${address}`, "4"], ["sure", "all", "end"]); // to who is not there any more
  await texts.until("end");
  assert.deepEqual([...texts], ["end"]);
  await system.gates[0].line((line) => line.msg === "nobody was there for what must arrive" && line.to === id);
  assert.equal(await counted(system, "warren_edge_lost_total"), 4);
});

test("the router that a page came from dies: the page stays, its former address is known to be lost", options, async (t) => {
  const all = await begin(t);
  const { system, a, boss, address, id } = all;
  await tell(a, ["user", "socket", "ada"], ["join", "socket", "den"]);
  await move(all, 1);
  assert.equal(a.recovered, true);
  const texts = shown(a);
  const { socket: now } = await tell(a);
  system.gates[0].child.kill("SIGKILL");
  await system.gates[0].ended;
  await tell(boss, ["sure", `address:${now}`, "1"], ["sure", "user:ada", "2"], ["sure", "room:den", "3"], ["note", "all", "4"]);
  await texts.until("1", "2", "3", "4");
  assert.equal(a.id, id);
  // At home there is nobody to ask any more: where it is, it comes back.
  await move(all, 1, () => tell(boss, ["sure", `address:${now}`, "5"]));
  assert.equal(a.recovered, true);
  await texts.until("5");
});

test("a router that is killed takes its sockets with it: a new one, and what must arrive is told as lost", options, async (t) => {
  const all = await begin(t, { env: { PUSH_WAIT_MS: "4000" } });
  const { system, a, boss, address, road, id } = all;
  await tell(a, ["user", "socket", "ada"], ["join", "socket", "den"]);
  const texts = shown(a);
  system.gates[0].child.kill("SIGSTOP");
  await tell(boss, ["sure", `address:${address}`, "1"], ["sure", `address:${address}`, "2"], ["note", `address:${address}`, "3"]);
  system.gates[0].child.kill("SIGKILL");
  await system.gates[0].ended;
  const back = once(a, "connect");
  road.cut(1);
  await within(back, "the page is back");
  assert.equal(a.recovered, false);
  assert.notEqual(a.id, id);
  assert.equal((await tell(a)).user, "");
  await system.gates[1].line((line) => line.msg.startsWith("lost on the way") && line.event === "sure", "what is lost");
  const lost = () => counted(system, "warren_gateway_lost_total");
  while ((await lost()) < 2);
  assert.equal(await lost(), 2); // of the note nobody knows
  await tell(boss, ["sure", "room:den", "4"], ["sure", "user:ada", "5"], ["sure", "all", "end"]);
  await texts.until("end");
  assert.deepEqual([...texts], ["end"]);
});

test("a router that stops takes its sockets with it, too, and says what they may have missed", options, async (t) => {
  const all = await begin(t, { env: { PUSH_WAIT_MS: "1000" } });
  const { system, a, boss, address, road, id } = all;
  await tell(a, ["join", "socket", "den"]);
  const texts = shown(a);
  const gone = once(a, "disconnect");
  road.cut(null);
  await within(gone, "the page notices");
  await tell(boss, ["sure", `address:${address}`, "1"], ["sure", "room:den", "2"], ["note", "room:den", "3"]);
  await tell(boss, ["sure", `address:${address}`, "4"]); // the former ones have left the service
  await system.gates[0].stop();
  const told = await system.gates[0].line((line) => line.msg === "a socket may not have received all", "what is lost");
  assert.deepEqual([told.sid, told.first, told.reason], [id, "sure", "server shutting down"]);
  const back = once(a, "connect");
  road.cut(1);
  await within(back, "the page is back");
  assert.equal(a.recovered, false);
  assert.notEqual(a.id, id);
  await tell(boss, ["sure", `address:${address}`, "5"], ["sure", "room:den", "6"], ["sure", "all", "end"]);
  await system.gates[1].line((line) => line.msg.startsWith("lost on the way") && line.event === "sure", "what is lost");
  await texts.until("end");
  assert.deepEqual([...texts], ["end"]);
  // Its queue is there for a while: also what it held for rooms and for all is counted, as nobody knows whom it had.
  while ((await counted(system, "warren_gateway_lost_total")) < 3);
});

test("the router that a page went to dies: at home it has a new socket, and what was passed on is counted", options, async (t) => {
  const all = await begin(t, { routers: 3 });
  const { system, a, boss, address, road, id } = all;
  await move(all, 1);
  assert.equal(a.recovered, true);
  system.gates[1].child.kill("SIGKILL");
  await system.gates[1].ended;
  await tell(boss, ["sure", `address:${address}`, "1"]);
  const told = await system.gates[0].line((line) => line.msg === "a socket may not have received all", "what is lost");
  assert.deepEqual([told.sid, told.events, told.first], [id, 1, "sure"]);
  const back = once(a, "connect");
  road.cut(0);
  await within(back, "the page is back");
  assert.equal(a.recovered, false);
  assert.notEqual(a.id, id);
});

// Sends an errand with {id}, whose answer is lost with the connection; then again at the other router.
async function sendTwice(t, before, ...during) {
  const system = await start(t);
  await acquainted(system);
  const proxy = new Proxy([system.ports[0]]);
  const a = await connector(t, await proxy.listen(t))({ ...quick, transports: ["websocket"] });
  const boss = await system.connect[1]();
  const texts = shown(boss);
  if (before) await tell(a, before);
  const [id, again] = [a.id, randomUUID()];
  const lost = [];
  proxy.keep = (text) => {
    if (!text.startsWith("43")) return true;
    lost.push(text);
    proxy.ports = [system.ports[1]];
    proxy.cut();
    return false;
  };
  const back = once(a, "connect");
  const send = () => emit(a, "errand", errand(["note", "all", "done"], ...during), { id: again });
  await assert.rejects(send());
  proxy.keep = () => true;
  await within(back, "the page is back");
  assert.equal(a.recovered, true);
  assert.equal(a.id, id);
  const answer = await send();
  assert.equal(lost.length, 1);
  assert.deepEqual(JSON.parse(lost[0].replace(/^43\d*/, "")), [answer], "the answer that was lost");
  await tell(boss, ["note", "all", "end"]);
  await texts.until("end");
  assert.deepEqual([...texts], ["done", "end"]);
}

test("{id}: sent again at another router it takes effect once: a socket's", options, (t) => sendTwice(t));
test("{id}: the same of a user's", options, (t) => sendTwice(t, ["user", "socket", "ada"]));
test("{id}: the same of one by which somebody signed in", options, (t) => sendTwice(t, undefined, ["user", "socket", "ada"]));

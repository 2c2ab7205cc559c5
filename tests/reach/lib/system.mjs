// The reach services over RabbitMQ, and the way of one page to their routers.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import amqp from "amqplib";
import { brokerUrl, importDefinitions, urlFor } from "../../e2e/lib/accounts.mjs";
import { connector, emit, freePort, Program, ready, settings, temporaryFolder } from "../../e2e/lib/programs.mjs";

// Queues of routers that have gone stay for a minute; what they get meanwhile would be counted as lost in the next test.
async function removeQueues(gates) {
  const connection = await amqp.connect(brokerUrl);
  const channel = await connection.createChannel();
  for (const { lines } of gates) {
    const { instance } = lines.find(({ msg, instance }) => msg === "started" && instance) ?? {};
    if (instance) await channel.deleteQueue(`reach.gate.${instance}`);
  }
  await channel.purgeQueue("reach.gate.lost");
  await connection.close();
}

export async function start(t, { routers = 2, env = {} } = {}) {
  const programs = [];
  t.after(async () => {
    await Promise.all(programs.map((program) => (program.exit ? undefined : program.stop())));
    await removeQueues(system.gates);
  });
  await importDefinitions(process.env.REACH_DEFINITIONS);
  const folder = await temporaryFolder(t);
  const run = (name, env = {}) => {
    const account = name.replace("-", "."); // the program reach-desk runs reach's desk
    const program = new Program(name, settings(folder, { BROKER_URL: urlFor(account), ...env }), folder);
    programs.push(program);
    return program;
  };
  const system = { desk: run("reach-desk"), gates: [], ports: [], connect: [] };
  for (let n = 0; n < routers; n++) {
    const port = await freePort();
    system.gates.push(run("reach-gate", { INTERNAL_API_PORT: String(port), OPS_PORT: String(await freePort()), ...env }));
    system.ports.push(port);
    system.connect.push(connector(t, port));
  }
  await Promise.all(programs.map(ready));
  return system;
}

// Every router has heard of every other one.
export async function acquainted(system) {
  const instances = await Promise.all(system.gates.map(async (gate) => (await gate.line((line) => line.msg === "started" && line.instance)).instance));
  await Promise.all(system.gates.flatMap((gate, i) => instances.filter((_, n) => n !== i)
    .map((instance) => gate.line((line) => line.msg === "a peer is there" && line.instance === instance, `the peer ${instance}`))));
}

// Has the service do steps in one handler: [what, to, name, exceptMe].  Resolves with who asked, as the service sees it.
export const errand = (...steps) => ({
  steps: steps.map(([what, to = "socket", name = "", exceptMe = false]) => ({ what, to, name, exceptMe })),
});
export async function tell(socket, ...steps) {
  const done = await emit(socket, "errand", errand(...steps));
  assert.deepEqual(done.results, steps.map(() => 0), JSON.stringify(steps));
  return done;
}

// The way of one page: its connections lead to one router at a time, or (null) nowhere, and can be cut.
export class Road {
  constructor(ports) {
    this.ports = ports;
    this.to = 0;
    this.sockets = new Set();
  }

  async listen(t) {
    const server = net.createServer((page) => this.#lead(page)).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      this.cut(null);
      server.close();
    });
    return server.address().port;
  }

  // Ends all connections; those that come from now on lead to `to`.
  cut(to) {
    this.to = to;
    for (const socket of this.sockets) socket.destroy();
  }

  #lead(page) {
    if (this.to === null) return page.destroy();
    const router = net.connect(this.ports[this.to], "127.0.0.1");
    for (const [from, to] of [[page, router], [router, page]]) {
      this.sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

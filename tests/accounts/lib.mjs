// What a system's schema lets each account do, from model.json (which the compiler wrote for the tests): the oracle that the
// generated permissions are held against.  It knows names and roles, and no regular expression of definitions.json.
import { readFile } from "node:fs/promises";
import path from "node:path";

const MADE = process.env.ACCOUNTS_MADE;
const ROOT = new URL("../..", import.meta.url).pathname;

export const SHOP = path.join(MADE, "made/rabbitmq/definitions.json");
const SYSTEMS = {
  shop: { model: path.join(MADE, "made/model.json"), definitions: SHOP },
  demo: { model: path.join(MADE, "demo/model.json"), definitions: path.join(ROOT, "generated/rabbitmq/definitions.json") },
};
export const names = Object.keys(SYSTEMS);

const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));

export class System {
  static async read(name) {
    const { model, definitions } = SYSTEMS[name];
    return new System(await readJson(model), await readJson(definitions), definitions);
  }

  constructor(model, definitions, file) {
    Object.assign(this, { ...model, name: model.system, definitions, file });
    this.exchanges = definitions.exchanges.map(({ name }) => name);
    this.queues = definitions.queues.map(({ name }) => name);
  }

  account(service) {
    return `${this.name}.${service}`;
  }

  isEdge(service) {
    return this.edges.includes(service);
  }

  // The events that it publishes to the system's exchange: what is for browsers alone goes another way.
  publishes(service) {
    return this.events.filter(({ from, to, handlers }) =>
      from.includes(service) && (this.isEdge(service) || handlers.length > 0 || to.length === 0));
  }

  handlers(service) {
    return this.events.flatMap(({ handlers, ...event }) =>
      handlers.filter((handler) => handler.service === service).map((handler) => ({ ...handler, event })));
  }

  keeps(service) {
    return this.handlers(service).some(({ event }) => event.guarantee === "AT_LEAST_ONCE");
  }

  retries(service) {
    return this.handlers(service).some(({ event, attempts }) => event.guarantee === "AT_LEAST_ONCE" && attempts > 1);
  }

  isSure(service) {
    return this.events.some(({ to, sure }) => sure && to.includes(service));
  }

  hasOwnQueue(service) {
    return this.isEdge(service) || this.publishes(service).some(({ replier }) => replier);
  }

  // Of the queues that it knew.
  hasRecord(service) {
    return this.handlers(service).length > 0 || this.publishes(service).length > 0;
  }

  owns(service, name) {
    return name === this.account(service) || name.startsWith(`${this.account(service)}.`);
  }

  // Queues that it reads, beside those of its instances.
  reads(service) {
    const name = this.account(service);
    return [
      ...this.handlers(service).map(({ queue }) => queue),
      ...(this.keeps(service) ? [`${name}.quarantine`] : []),
      ...(this.isSure(service) ? [`${name}.lost`] : []),
      ...(this.hasRecord(service) ? [`${name}.topology`] : []),
    ];
  }

  isRung(name) {
    return name.startsWith(`${this.name}.wait.`);
  }

  // May it publish there?  null: what the rungs are is not said here.
  mayPublish(service, exchange, key) {
    const name = this.account(service);
    if (exchange === this.name) return this.publishes(service).some((event) => new RegExp(`^${event.name}\\.\\d+$`).test(key));
    if (this.edges.some((edge) => exchange === this.account(edge))) return true; // any service may change any edge's sockets
    if (exchange === `${name}.dead`) return this.keeps(service);
    if (exchange === `${name}.lost`) return this.isSure(service);
    return this.isRung(exchange) && this.retries(service) ? null : false;
  }

  // Every queue and exchange has a role that is known here, so that a new one is not left untried.
  unknown() {
    const of = (kinds) => this.services.flatMap((service) => kinds.map((kind) => `${this.account(service)}${kind}`));
    const known = new Set([this.name, ...of(["", ".dead", ".lost", ".quarantine"]), ...this.services.flatMap((service) => this.reads(service))]);
    return [...this.queues, ...this.exchanges].filter((name) => !known.has(name) && !this.isRung(name));
  }
}

// What a channel of that connection says to `act`: 0, or the code with which the broker closes it.
export async function attempt(connection, act) {
  const channel = await connection.createConfirmChannel();
  const closed = new Promise((resolve) => channel.on("error", ({ code }) => resolve(code)));
  const done = act(channel).then(() => channel.close().then(() => 0), () => closed);
  return Promise.race([closed, done]);
}

// Publishes and waits for the broker's word.
export function publish(channel, exchange, key, options = {}, body = "") {
  channel.publish(exchange, key, Buffer.from(body), options);
  return channel.waitForConfirms();
}

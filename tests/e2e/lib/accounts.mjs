// The tests' RabbitMQ with a system's accounts in it, as an operator sets it up; a test's own account there is guest.
//
//   await importDefinitions("generated/rabbitmq/definitions.json");  // and a password for each account
//   new Program("user", settings(folder, { BROKER_URL: urlFor("demo.user") }), folder);
//   const channel = await channelAs(t, "demo.router");               // what that account may do, by hand
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import amqp from "amqplib";

export const brokerUrl = process.env.RABBITMQ_URL;

const passwordOf = (account) => (account === "guest" ? "guest" : `password of ${account}`);

export function urlFor(account) {
  const url = new URL(brokerUrl);
  return `amqp://${encodeURIComponent(account)}:${encodeURIComponent(passwordOf(account))}@${url.host}`;
}

// Runs rabbitmqctl at the tests' broker.  Resolves with what it printed.
export function rabbitmqctl(...args) {
  return new Promise((resolve, reject) => {
    execFile("rabbitmqctl", args, (error, stdout, stderr) =>
      error ? reject(new Error(`rabbitmqctl ${args.join(" ")}: ${stdout}${stderr}`)) : resolve(stdout));
  });
}

// From a file in the broker's folder, which is there in a chroot, too: RabbitMQ 4.0 never ends to read its standard input.
let written = 0;
export async function importText(text) {
  const file = path.join(process.env.RABBITMQ_DIR, `import-${process.pid}-${++written}.json`);
  await writeFile(file, text);
  await rabbitmqctl("import_definitions", file);
}

// A copy of definitions whose accounts have the tests' passwords, which saves a call for each of them.
async function withPasswords(file) {
  const definitions = JSON.parse(await readFile(file, "utf8"));
  definitions.users = definitions.users.map(({ name, tags }) => ({ name, tags, password: passwordOf(name) }));
  return JSON.stringify(definitions);
}

// Once for each file and broker, however often it is asked for.
const imports = new Map();
export function importDefinitions(file) {
  if (!imports.has(file)) imports.set(file, withPasswords(file).then(importText));
  return imports.get(file);
}

// Resolves with a connection that ends with the test; what happens to it is the test's.
export async function connectAs(t, account) {
  const connection = await amqp.connect(urlFor(account), { noDelay: true });
  connection.on("error", () => {});
  t.after(() => connection.close().catch(() => {}));
  return connection;
}

export async function channelAs(t, account) {
  return (await connectAs(t, account)).createChannel();
}

export async function confirmChannelAs(t, account) {
  return (await connectAs(t, account)).createConfirmChannel();
}

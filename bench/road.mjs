// The main road: a page asks over Socket.IO, a handler that does nothing answers, the answer goes back to the page.  Warren
// beside the Node.js original, and beside two ends that speak to RabbitMQ with nothing in between; all in one run, in turns.
//   node road.mjs --bin FOLDER [--quick] [--runs N] [--only ROWS] [--syscalls] [--json] [--write FILE]
// ROWS: names, separated by commas, of what is measured (most inline least node raw bare), of loads (1 16 rate), or of both (most/16).
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './lib/broker.mjs';
import { captureTo, messagesOf, scriptsOf } from './lib/capture.mjs';
import { writeSection } from './lib/document.mjs';
import { scriptsFor } from './lib/message.mjs';
import { cpuNs, end, Program, span } from './lib/process.mjs';
import { about, figuresTable, goalsTable, syscallsTable } from './lib/road_tables.mjs';
import { countSyscalls } from './lib/syscalls.mjs';
import { startNode, startRaw, startWarren } from './lib/systems.mjs';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' },
    quick: { type: 'boolean', default: false }, // one run, two seconds a row
    runs: { type: 'string' },
    only: { type: 'string' },
    syscalls: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const RUNS = Number(options.runs ?? (options.quick ? 1 : 3));
const WARM_MS = options.quick ? 1000 : 1500;
const MEASURE_MS = options.quick ? 2000 : 5000;
const SOCKETS = 64;

const LOADS = [
  { name: '1', title: '64 × 1 under way', order: 'closed 1', underWay: 64 },
  { name: '16', title: '64 × 16 under way', order: 'closed 16', underWay: 1024 },
  { name: 'rate', title: '3,500 a second', order: 'rate 3500' },
];

// The subjects.  Those with an event are asked over Socket.IO, the others are two ends of RabbitMQ.
const SUBJECTS = [
  { name: 'most', title: 'Warren, AT_MOST_ONCE', system: 'warren', style: 'ack', event: 'most' },
  { name: 'inline', title: 'Warren, AT_MOST_ONCE, inline', system: 'warren', style: 'ack', event: 'mostInline' },
  { name: 'least', title: 'Warren, AT_LEAST_ONCE', system: 'warren', style: 'ack', event: 'least' },
  { name: 'node', title: 'Node.js original', system: 'node', style: 'event', event: 'userLogin' },
  { name: 'raw', title: 'rabbitmq-c, the same messages' },
  { name: 'bare', title: 'rabbitmq-c, bare messages' },
];

const wanted = ({ subject, load }) => !options.only ||
  options.only.split(',').some((name) => name === subject.name || name === load.name || name === `${subject.name}/${load.name}`);
const ROWS = LOADS.flatMap((load) => SUBJECTS.filter(({ event }) => event || load.underWay).map((subject) => ({ subject, load }))).filter(wanted);
if (ROWS.length === 0) throw new Error(`--only ${options.only} names no row`);

// ---- what the raw ends send ----

const MARKER = 'a~d'; // as long as what the load sends
const CAPTURED = 200; // so that their numbers are as long, too

// The scripts of `most`, as the programs send it today.
async function capture(broker) {
  const ways = { router: await captureTo(broker.port), user: await captureTo(broker.port) };
  const warren = await startWarren(options.bin, broker, {}, { router: ways.router.port, user: ways.user.port });
  const load = Program.start(path.join(options.bin, 'bench_load'), [String(warren.port), 'ack', 'most', MARKER]);
  await load.order('open 1');
  load.tell('closed 1');
  for (let answered = 0; answered < CAPTURED; answered += JSON.parse(await load.order('mark')).answered) await span(50);
  await load.order('drain');
  await load.close();
  await warren.stop();
  const [asked, answered] = [ways.router.frames(), ways.user.frames()];
  for (const way of Object.values(ways)) way.close();
  const scripts = scriptsOf(asked, answered, MARKER, 'most');
  const bytes = messagesOf(asked).findLast(({ body }) => body.includes(MARKER)).body.length;
  return { raw: scripts, bare: scriptsFor(bytes, 4) };
}

function writeScripts(broker, name, scripts) {
  const files = {};
  for (const [end, text] of Object.entries(scripts)) writeFileSync(files[end] = path.join(broker.folder, `${name}-${end}.script`), text);
  return files;
}

// ---- a row ----

async function clients({ subject, load }, systems) {
  const { port } = systems[subject.system];
  const program = Program.start(path.join(options.bin, 'bench_load'), [String(port), subject.style, subject.event]);
  await program.order(`open ${SOCKETS}`);
  program.tell(load.order);
  return { system: systems[subject.system], driver: program, close: async () => (await program.order('drain'), program.close()) };
}

async function ends({ subject, load }, { broker, scripts }) {
  const login = subject.name === 'raw'
    ? { ask: broker.login('road.router'), answer: broker.login('road.user') }
    : { ask: broker.login('guest'), answer: broker.login('guest') };
  const system = await startRaw(options.bin, login, scripts[subject.name]);
  system.router.tell(`closed ${load.underWay}`);
  return { system, driver: system.router, close: async () => (await system.router.close(), system.user.close()) };
}

// Puts the load of a row on, and takes it away again when `use` is done.
async function under(row, systems, use) {
  const loaded = await (row.subject.event ? clients(row, systems) : ends(row, systems));
  await span(WARM_MS);
  const result = await use(loaded);
  await loaded.close();
  return result;
}

const measure = (row, systems) => under(row, systems, async ({ system, driver }) => {
  await driver.order('mark');
  const before = { ...system.cpuNs(), broker: cpuNs(systems.broker.pid) };
  await span(MEASURE_MS);
  const after = { ...system.cpuNs(), broker: cpuNs(systems.broker.pid) };
  const said = JSON.parse(await driver.order('mark'));
  const us = (what) => (after[what] - before[what]) / 1e3 / said.answered;
  return {
    perS: said.answered / said.ms * 1e3, p50: said.p50, p99: said.p99, refused: said.refused ?? 0,
    routerUs: us('router'), userUs: us('user'), cpuUs: us('router') + us('user'), brokerUs: us('broker'),
    loadUs: (said.cpuUs ?? 0) / said.answered,
  };
});

// ---- all rows ----

const rowName = ({ subject, load }) => `${subject.name}/${load.name}`;
const brief = (r) => `${r.perS.toFixed(0)} a second, p99 ${r.p99.toFixed(1)} ms, CPU ${r.cpuUs.toFixed(1)} µs ` +
  `(router ${r.routerUs.toFixed(1)}, user ${r.userUs.toFixed(1)}), RabbitMQ ${r.brokerUs.toFixed(1)} µs` +
  `${r.loadUs ? `, load ${r.loadUs.toFixed(1)} µs` : ''}${r.refused ? `, refused ${r.refused}` : ''}`;

async function main() {
  const broker = await startBroker(path.join(options.bin, 'bench_definitions.json'));
  const scripts = {};
  if (ROWS.some(({ subject }) => !subject.event))
    for (const [name, texts] of Object.entries(await capture(broker))) scripts[name] = writeScripts(broker, name, texts);
  const systems = { broker, scripts };
  const uses = (name) => ROWS.some(({ subject }) => subject.system === name);
  if (uses('warren')) systems.warren = await startWarren(options.bin, broker);
  if (uses('node')) systems.node = await startNode(broker);

  const results = Object.fromEntries(ROWS.map((row) => [rowName(row), []]));
  for (let run = 1; run <= RUNS; run++)
    for (const row of ROWS) {
      const result = await measure(row, systems);
      results[rowName(row)].push(result);
      console.error(`${run}/${RUNS} ${rowName(row)}: ${brief(result)}`);
    }
  const syscalls = {};
  if (options.syscalls)
    for (const row of ROWS.filter(({ subject }) => subject.event)) {
      console.error(`system calls of ${rowName(row)}`);
      syscalls[rowName(row)] = await under(row, systems, countSyscalls);
    }
  return { results, syscalls, broker: broker.version };
}

const measured = await main().finally(end);
if (options.json) {
  console.log(JSON.stringify(measured));
} else {
  const tables = [figuresTable(ROWS, measured.results), goalsTable(measured.results)];
  if (options.syscalls) tables.push(syscallsTable(ROWS, measured.syscalls));
  const text = tables.filter(Boolean).join('\n\n');
  console.log(`\n${text}`);
  if (options.write) writeSection(options.write, 'The road', about(text, { ...measured, runs: RUNS, seconds: MEASURE_MS / 1e3 }));
}

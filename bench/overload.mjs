// Overload: more requests come than can be answered, to Warren beside the Node.js original.
//   node overload.mjs --bin FOLDER [--quick] [--only NAMES] [--json] [--write FILE]
// NAMES, separated by commas: most, least, node (a handler that does nothing), slow, node-slow (one that takes 20 ms).
// With --write an SVG, overload.svg, goes beside FILE.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './lib/broker.mjs';
import { drawing } from './lib/chart.mjs';
import { writeSection } from './lib/document.mjs';
import { end, Program, span } from './lib/process.mjs';
import { about, curvesTable, panelsOf, twiceTable } from './lib/overload_tables.mjs';
import { startNode, startWarren } from './lib/systems.mjs';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' },
    quick: { type: 'boolean', default: false }, // fewer loads, each for a shorter time
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const SOCKETS = 256; // so many that no limit of one socket counts
const FACTORS = options.quick ? [0.5, 1, 2, 4] : [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
// A queue that grows needs this long until nothing in it is answered in time: requests wait 5 s.
const BEFORE_MS = 6000;
const MEASURE_MS = options.quick ? 3000 : 6000;
const LATER_MS = 8000;
const ADDRESSES = 10;
const FAST_MS = 20, SLOW_MS = 200;
const PHASES_S = options.quick ? [6, 6, 12] : [10, 15, 25]; // fast, slow, fast again

const SUBJECTS = [
  { name: 'most', title: 'Warren, AT_MOST_ONCE', system: 'warren', style: 'ack', event: 'most', underWay: 4 },
  { name: 'least', title: 'Warren, AT_LEAST_ONCE', system: 'warren', style: 'ack', event: 'least', underWay: 4 },
  { name: 'node', title: 'Node.js original', system: 'node', style: 'event', event: 'userLogin', underWay: 4 },
  { name: 'slow', title: 'Warren, AT_MOST_ONCE', system: 'warren', style: 'ack', event: 'slow', isSlow: true },
  { name: 'node-slow', title: 'Node.js original', system: 'node', style: 'event', event: 'userSlow', isSlow: true },
].filter(({ name }) => !options.only || options.only.split(',').includes(name));

async function load(subject, systems, addresses = '') {
  const program = Program.start(path.join(options.bin, 'bench_load'), [String(systems[subject.system].port), subject.style, subject.event]);
  program.mark = async () => JSON.parse(await program.order('mark'));
  await program.order(`open ${SOCKETS} ${addresses}`);
  return program;
}

// Until the load before has left no trace.
async function calm({ router, user }) {
  await router.calm();
  await user.calm();
}

// Round trips a second when as many are under way as fit well.
async function capacityOf(subject, systems) {
  if (subject.isSlow) return (4 / FAST_MS) * 1e3;
  const program = await load(subject, systems);
  program.tell(`closed ${subject.underWay}`);
  await span(1500);
  await program.mark();
  await span(MEASURE_MS);
  const { answered, ms } = await program.mark();
  await program.order('drain');
  await program.close();
  return (answered / ms) * 1e3;
}

// Offers so many requests a second; counts those that were due while it measured, however late they are answered.
async function offer(program, perS, beforeMs) {
  program.tell(`rate ${perS}`);
  await span(beforeMs);
  program.tell('forget');
  await span(MEASURE_MS);
  const endedMs = performance.now();
  const left = Number((await program.order('drain')).split(' ')[1]);
  const said = await program.mark();
  const each = (count) => count / said.sent;
  return {
    perS, endedMs, left, inTime: each(said.answered - said.late), p99: said.p99, refused: each(said.overloaded), refusedP99: said.refusedP99,
    timeout: each(said.timeout + said.late), other: each(said.other), unanswered: each(said.sent - said.answered - said.refused),
  };
}

async function curve(subject, systems) {
  const capacity = await capacityOf(subject, systems);
  console.error(`${subject.name}: ${capacity.toFixed(0)} a second can be answered`);
  const result = { capacity, points: [] };
  for (const factor of FACTORS) {
    await calm(systems[subject.system]);
    const program = await load(subject, systems);
    const point = { factor, ...(await offer(program, capacity * factor, BEFORE_MS)) };
    if (factor === 2) {
      await span(Math.max(0, point.endedMs + LATER_MS - performance.now()));
      result.later = await offer(program, capacity / 2, 0);
    }
    await program.close();
    result.points.push(point);
    console.error(`${subject.name} × ${factor}: in time ${(point.inTime * factor).toFixed(2)} of the capacity, p99 ${point.p99.toFixed(1)} ms; ` +
      `of those offered refused ${point.refused.toFixed(2)} (p99 ${point.refusedP99.toFixed(1)} ms), too late ${point.timeout.toFixed(2)}, ` +
      `never ${point.unanswered.toFixed(2)}, otherwise ${point.other.toFixed(2)}`);
  }
  return result;
}

// Twice the capacity from ten addresses, half of it from the first: the part of its fair share that each gets. The fair share is a tenth of all answers, or
// all that the address sends where that is less.
async function shares(subject, systems, capacity) {
  await calm(systems[subject.system]);
  const program = await load(subject, systems, ADDRESSES);
  program.tell(`rate ${2 * capacity}`);
  await span(BEFORE_MS);
  await program.mark();
  await span(3 * MEASURE_MS);
  const { addresses, ms } = await program.mark();
  await program.order('drain');
  await program.close();
  const all = addresses.reduce((sum, count) => sum + count, 0);
  const sent = addresses.map((_, at) => (ms / 1e3) * (at === 0 ? capacity : capacity / (ADDRESSES - 1)));
  const fair = addresses.map((count, at) => count / Math.min(all / ADDRESSES, sent[at]));
  console.error(`${subject.name}: of ten addresses the first sends half; in time ${(all / ms * 1e3 / capacity).toFixed(2)} of the capacity; ` +
    `each gets of its fair share ${fair.map((part) => part.toFixed(2)).join(' ')}`);
  return fair;
}

// The handler becomes ten times as slow and fast again, under a load that it can just do while it is fast.
async function changing(subject, systems, setSlowMs) {
  const perS = (4 / FAST_MS) * 1e3 * 0.75;
  const result = { perS, phasesS: PHASES_S, inTime: [] };
  await calm(systems[subject.system]);
  const program = await load(subject, systems);
  program.tell(`rate ${perS}`);
  program.tell('forget');
  for (const [phase, seconds] of PHASES_S.entries()) {
    setSlowMs(phase === 1 ? SLOW_MS : FAST_MS);
    for (let second = 0; second < seconds; second++) {
      await span(1000);
      const { answered, late, ms } = await program.mark();
      result.inTime.push(((answered - late) / ms) * 1e3);
    }
  }
  await program.order('drain');
  await program.close();
  console.error(`${subject.name}: in time in each second ${result.inTime.map((value) => value.toFixed(0)).join(' ')}`);
  return result;
}

async function main() {
  const broker = await startBroker(path.join(options.bin, 'bench_definitions.json'));
  const SLOW_FILE = path.join(broker.folder, 'slow-ms');
  const setSlowMs = (ms) => writeFileSync(SLOW_FILE, String(ms));
  setSlowMs(FAST_MS);
  const systems = { warren: await startWarren(options.bin, broker, { SLOW_FILE }), node: await startNode(broker, { SLOW_FILE }) };
  const measured = { version: broker.version, curves: {}, shares: {}, changes: {} };
  for (const subject of SUBJECTS) measured.curves[subject.name] = await curve(subject, systems);
  for (const subject of SUBJECTS) measured.shares[subject.name] = await shares(subject, systems, measured.curves[subject.name].capacity);
  for (const subject of SUBJECTS.filter(({ isSlow }) => isSlow)) measured.changes[subject.name] = await changing(subject, systems, setSlowMs);
  return measured;
}

const measured = await main().finally(end);
if (options.json) {
  console.log(JSON.stringify(measured));
} else {
  const text = `${curvesTable(SUBJECTS, measured)}\n\n${twiceTable(SUBJECTS, measured)}`;
  console.log(`\n${text}`);
  if (options.write) {
    writeFileSync(path.join(path.dirname(options.write), 'overload.svg'), drawing(panelsOf(SUBJECTS, measured)));
    writeSection(options.write, 'Overload', about(text, measured));
  }
}

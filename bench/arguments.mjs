// ./dev bench arguments: what RabbitMQ pays for each argument of a message, as nothing but rabbitmq-c sends it at both ends.
//   node arguments.mjs --bin FOLDER [--quick] [--runs N] [--json] [--write FILE]
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './lib/broker.mjs';
import { machine, writeSection } from './lib/document.mjs';
import { scriptsFor } from './lib/message.mjs';
import { cpuNs, end, span } from './lib/process.mjs';
import { startRaw } from './lib/systems.mjs';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' },
    quick: { type: 'boolean', default: false }, // one run, a second each
    runs: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const RUNS = Number(options.runs ?? (options.quick ? 1 : 5));
const WARM_MS = 500;
const MEASURE_MS = options.quick ? 1000 : 2500;
const UNDER_WAY = 64;
const REQUEST_BYTES = 32, ANSWER_BYTES = 4;
const USER = 'guest';

const headers = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`warren-header-${i}`, 'a text of 24 bytes or so']));
const asked = (title, more) => ({ title, more });

const BARE = asked('bare: default exchange, transient queues, `reply_to`', {});
const ARGUMENTS = [
  asked('confirms, on both channels', { confirms: true }),
  asked('a direct exchange for the request', { exchange: 'direct' }),
  asked('a topic exchange for the request', { exchange: 'topic' }),
  asked('`mandatory` on the request', { mandatory: true }),
  asked('`expiration` on the request', { properties: { expiration: '5000' } }),
  asked('`user_id` on both', { properties: { user_id: USER }, answerProperties: { user_id: USER } }),
  asked('`type` and `correlation_id` on both', {
    properties: { type: 'userLogin', correlation_id: '0123456789abcdef012345' }, answerProperties: { type: 'loginResponse', correlation_id: '0123456789abcdef012345' },
  }),
  asked('`message_id`, `app_id`, `timestamp`, `content_type` on the request', {
    properties: { message_id: '0192f7a0-0000-7000-8000-000000000000', app_id: 'router', timestamp: 1767225600, content_type: 'application/x-protobuf' },
  }),
  asked('one header on the request', { properties: { headers: headers(1) } }),
  asked('three headers on the request', { properties: { headers: headers(3) } }),
  asked('six headers on the request', { properties: { headers: headers(6) } }),
  asked('durable queues, persistent messages', { durable: true }),
];

async function measure(broker, files) {
  const system = await startRaw(options.bin, { ask: broker.login(USER), answer: broker.login(USER) }, files);
  system.router.tell(`closed ${UNDER_WAY}`);
  await span(WARM_MS);
  await system.router.order('mark');
  const before = cpuNs(broker.pid);
  await span(MEASURE_MS);
  const us = (cpuNs(broker.pid) - before) / 1e3;
  const { answered } = JSON.parse(await system.router.order('mark'));
  await system.router.close();
  await system.user.close();
  return us / answered;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

async function main() {
  const broker = await startBroker(path.join(options.bin, 'bench_definitions.json'));
  const rows = [BARE, ...ARGUMENTS].map((row, i) => {
    const files = {};
    for (const [which, text] of Object.entries(scriptsFor(REQUEST_BYTES, ANSWER_BYTES, { name: `bench.${i}`, ...row.more })))
      writeFileSync(files[which] = path.join(broker.folder, `argument-${i}-${which}.script`), text);
    return { ...row, files, us: [] };
  });
  for (let run = 1; run <= RUNS; run++)
    for (const row of rows) {
      row.us.push(await measure(broker, row.files));
      console.error(`${run}/${RUNS} ${row.title}: ${row.us.at(-1).toFixed(1)} µs`);
    }
  return { broker: broker.version, rows: rows.map(({ title, us }) => ({ title, us })) };
}

function table({ rows: [bare, ...rows] }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const over = ({ us }) => median(us.map((each, run) => each - bare.us[run]));
  const share = ({ us }) => median(us.map((each, run) => each / bare.us[run]));
  return [
    line(['a round trip with', 'CPU µs, RabbitMQ', 'more than bare, µs', 'to bare']), '|---|---:|---:|---:|',
    line([bare.title, median(bare.us).toFixed(1), '', '']),
    ...rows.map((row) => line([row.title, median(row.us).toFixed(1), over(row).toFixed(1), share(row).toFixed(2)])),
  ].join('\n');
}

const measured = await main().finally(end);
if (options.json) {
  console.log(JSON.stringify(measured));
} else {
  const text = `What RabbitMQ pays for each argument of a request and its answer, ${UNDER_WAY} under way, nothing but rabbitmq-c at both ends: \`./dev bench arguments\`.
Measured on ${machine()}, RabbitMQ ${measured.broker}; the median of ${RUNS} runs in turns, each beside the bare one of its run.

${table(measured)}`;
  console.log(`\n${text}`);
  if (options.write) writeSection(options.write, 'What the broker pays', text);
}

// ./dev bench profile: where the router's processor time goes on the main road, as a table and as a flame graph.
//   node profile.mjs --bin FOLDER [--seconds N] [--svg FILE] [--write FILE]
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startBroker } from './lib/broker.mjs';
import { machine, writeSection } from './lib/document.mjs';
import { flameGraph, partsOf, stacksOf } from './lib/flame.mjs';
import { atEnd, end, Program, span } from './lib/process.mjs';
import { startWarren } from './lib/systems.mjs';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    svg: { type: 'string' },
    write: { type: 'string' },
  },
});
const run = promisify(execFile);
const SOCKETS = 64, UNDER_WAY = 16;
const WARM_MS = 1500;

const kindOf = ({ dso }) => (/kernel|vmlinux|\[vdso\]/.test(dso) ? 'kernel' : /bench_router/.test(dso) ? 'own' : 'library');
const called = (pattern) => ({ name }) => pattern.test(name);
const inLibrary = (pattern) => ({ dso }) => pattern.test(dso);
// The innermost frame that one of these fits decides.
const RULES = [
  { part: 'kernel: TCP, sending', is: called(/^(__x64_sys_sendto|__sys_sendto)/) },
  { part: 'kernel: TCP, receiving', is: called(/^(__x64_sys_recvfrom|__sys_recvfrom)/) },
  { part: 'kernel: waiting (epoll)', is: called(/^(__x64_sys_epoll|do_epoll)/) },
  { part: 'rabbitmq-c', is: inLibrary(/librabbitmq/) },
  { part: 'libwebsockets', is: inLibrary(/libwebsockets/) },
  { part: 'protobuf-c', is: inLibrary(/libprotobuf-c/) },
  { part: 'JSON and codec', is: called(/^warren_(json|message|utf8|base64|field)/) },
  { part: 'broker', is: called(/^warren_(amqp|broker)/) },
  { part: 'service: requests', is: called(/^warren_(request|publish|wire|ctx|call|trust|instance|effects)/) },
  { part: 'gateway', is: called(/^warren_(gateway|answer|argument|once|address|limiter|shares|question|line)/) },
  { part: 'edge', is: called(/^warren_(ws|session|packet|namespace|conn|frame|backlog|edge|post|errand|socketio|history)/) },
];

async function record(pid, folder) {
  const file = path.join(folder, 'perf.data');
  await run('perf', ['record', '-q', '-e', 'cpu-clock', '-F', '1499', '--call-graph', 'dwarf,8192', '-p', String(pid), '-o', file, '--', 'sleep', options.seconds]);
  const { stdout } = await run('perf', ['script', '-i', file, '--no-inline', '-F', 'comm,pid,tid,ip,sym,dso'], { maxBuffer: 1 << 30 });
  return stacksOf(stdout);
}

async function main() {
  const folder = await mkdtemp(path.join(tmpdir(), 'warren-profile-'));
  atEnd(() => rm(folder, { recursive: true }));
  const broker = await startBroker(path.join(options.bin, 'bench_definitions.json'));
  const warren = await startWarren(options.bin, broker);
  const load = Program.start(path.join(options.bin, 'bench_load'), [String(warren.port), 'ack', 'most']);
  await load.order(`open ${SOCKETS}`);
  load.tell(`closed ${UNDER_WAY}`);
  await span(WARM_MS);
  const stacks = await record(warren.router.pid, folder);
  await load.order('drain');
  await load.close();
  return stacks;
}

const stacks = await main().finally(end);
const parts = partsOf(stacks, RULES, (frame) => (kindOf(frame) === 'kernel' ? 'kernel: other' : 'other'));
const table = ['| part | share of the router |', '|---|---:|', ...parts.map(({ part, share }) => `| ${part} | ${(100 * share).toFixed(0)} % |`)].join('\n');
console.log(`${table}\n${stacks.length} samples`);
if (options.svg)
  await writeFile(options.svg, flameGraph(stacks, `The router, ${SOCKETS} × ${UNDER_WAY} under way, AT_MOST_ONCE`, kindOf));
if (options.write)
  writeSection(options.write, 'Where the router\'s time goes', `${SOCKETS} sockets with ${UNDER_WAY} requests each, AT_MOST_ONCE: \`./dev bench profile\`. Measured on ${machine()}; ${stacks.length} samples of \`perf\`.

${table}

As a flame graph: [router.svg](router.svg).`);

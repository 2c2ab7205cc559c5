// What passing on costs: an echo whose session is at the edge that is asked, and one whose session is at another,
// over both transports, taken in turns in one run.
//   WARREN_BIN=FOLDER node cluster.mjs [--messages N] [--rounds N] [--json]
import { readFileSync, readdirSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { startServers } from '../tests/edge/lib/cluster.mjs';
import { Frames, request } from '../tests/edge/lib/talk.mjs';

const { values: options } = parseArgs({
  options: {
    messages: { type: 'string', default: '20000' }, // over WebSocket; a tenth of it over polling
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const CLIENTS = 8;
const TEXT = `4${'x'.repeat(100)}`;
const MESSAGES = { websocket: Number(options.messages), polling: Number(options.messages) / 10 };

function cpuNs(pid) {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`))
    ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  return ns;
}

const [owner, other] = await startServers(2, '--ping-interval', '600000');
const pathOf = (sid, transport) => `/engine.io/?EIO=4&transport=${transport}&sid=${sid}`;

async function handshake() {
  const { body } = await request(`${owner.url}/engine.io/?EIO=4&transport=polling`);
  return JSON.parse(body.slice(1)).sid;
}

// Each returns what sends one message and awaits its echo.
const clients = {
  async websocket(server) {
    const frames = new Frames(`${server.ws}${pathOf(await handshake(), 'websocket')}`, { perMessageDeflate: false });
    await frames.opened;
    frames.send('2probe');
    await frames.text();
    frames.send('5');
    return { echo: () => (frames.send(TEXT), frames.text()), close: () => frames.ws.terminate() };
  },
  async polling(server) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
    const url = `${server.url}${pathOf(await handshake(), 'polling')}`;
    const post = { agent, method: 'POST', body: TEXT, headers: { 'Content-Length': TEXT.length } };
    return {
      async echo() {
        const answers = await Promise.all([request(url, { agent }), request(url, post)]);
        if (answers[0].body !== TEXT) throw new Error(`no echo: ${answers[0].body}`);
      },
      close: () => agent.destroy(),
    };
  },
};

async function measure(transport, server) {
  const all = await Promise.all(Array.from({ length: CLIENTS }, () => clients[transport](server)));
  const count = MESSAGES[transport] / CLIENTS;
  const run = (n) => Promise.all(all.map(async ({ echo }) => {
    for (let i = 0; i < n; i++) await echo();
  }));
  await run(count / 10);
  const before = [cpuNs(owner.pid), cpuNs(other.pid)];
  const start = performance.now();
  await run(count);
  const ms = performance.now() - start;
  const [ownerNs, otherNs] = [cpuNs(owner.pid) - before[0], cpuNs(other.pid) - before[1]];
  all.forEach(({ close }) => close());
  const sent = count * CLIENTS;
  return { perS: (sent * 1000) / ms, ownerUs: ownerNs / 1000 / sent, otherUs: otherNs / 1000 / sent };
}

const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const result = {};
for (const transport of ['websocket', 'polling']) {
  const rounds = { direct: [], passed: [] };
  for (let i = 0; i < Number(options.rounds); i++) {
    rounds.direct.push(await measure(transport, owner));
    rounds.passed.push(await measure(transport, other));
  }
  const of = (kind, what) => middle(rounds[kind].map(what));
  result[transport] = {
    direct_per_s: of('direct', (each) => each.perS),
    passed_per_s: of('passed', (each) => each.perS),
    direct_cpu_us: of('direct', (each) => each.ownerUs),
    passed_cpu_us_owner: of('passed', (each) => each.ownerUs),
    passed_cpu_us_other: of('passed', (each) => each.otherUs),
    cpu_ratio: of('passed', (each) => each.ownerUs + each.otherUs) / of('direct', (each) => each.ownerUs),
  };
}
await Promise.all([owner.stop(), other.stop()]);
if (options.json) {
  console.log(JSON.stringify(result));
} else {
  for (const [transport, of] of Object.entries(result)) {
    console.log(`${transport}: an echo takes ${of.direct_cpu_us.toFixed(1)} µs of processor directly, passed on ` +
      `${of.passed_cpu_us_owner.toFixed(1)} µs of its owner and ${of.passed_cpu_us_other.toFixed(1)} µs of who passes on ` +
      `(${of.cpu_ratio.toFixed(2)} times); ${of.direct_per_s.toFixed(0)} and ${of.passed_per_s.toFixed(0)} a second`);
  }
}

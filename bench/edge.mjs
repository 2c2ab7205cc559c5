// What an edge costs: memory of idle clients, processor time of an echo, of a handshake, and of clients that left;
// beside it the same of a socket.io server on Node, in the same run.
//   node edge.mjs --bin FOLDER [--connections N] [--messages N] [--alone] [--json] [--write FILE]
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, writeSection } from './lib/document.mjs';
import { cpuNs, freePort, Program, rssBytes, span } from './lib/process.mjs';

const { values: options } = parseArgs({
  options: {
    bin: { type: 'string' },
    connections: { type: 'string', default: '15000' },
    messages: { type: 'string', default: '100000' },
    alone: { type: 'boolean', default: false }, // without Node
    json: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const CONNECTIONS = Number(options.connections);
const MESSAGES = Number(options.messages);
const OVER = Math.min(16, CONNECTIONS);
const PING_INTERVAL_MS = 120000; // no heartbeat falls into a measurement
const here = import.meta.dirname;

// The router, with all that belongs to it; its broker is the one in the process.
async function startRouter() {
  const port = await freePort();
  const program = Program.start(path.join(options.bin, 'router'), [], {
    BROKER_URL: 'memory:', INTERNAL_API_HOST: '127.0.0.1', INTERNAL_API_PORT: String(port), LOG_LEVEL: 'error',
    CORS_ORIGINS: '*', MAX_HANDSHAKES_PER_S: '100000', PING_INTERVAL_MS: String(PING_INTERVAL_MS),
  });
  await program.ready(port);
  return Object.assign(program, { port });
}

// The edge alone: it has an echo, as the Node server has.
const startEdge = () => Program.start(path.join(options.bin, 'edge_fixture_server'),
  ['--ping-interval', String(PING_INTERVAL_MS), '--connect-timeout', '45000', '--max-handshakes', '100000']).listening();

const startNode = async () => {
  const program = await Program.start(process.execPath,
    ['--expose-gc', path.join(here, 'node_server.mjs'), String(PING_INTERVAL_MS)]).listening();
  program.collects = true;
  return program;
};

async function withCrowd(start, use) {
  const server = await start();
  const crowd = Program.start(path.join(options.bin, 'bench_crowd'), [String(server.port)]);
  try {
    return await use(server, crowd);
  } finally {
    await crowd.close();
    await server.stop();
  }
}

// ---- measurements ----

async function settledRss(server) {
  await server.calm();
  if (server.collects) {
    server.child.kill('SIGUSR2');
    await span(100);
    await server.calm();
  }
  return rssBytes(server.pid);
}

// Memory and processor time of clients that do nothing, and of those who left.
const idle = (start, kind) => withCrowd(start, async (server, crowd) => {
  const rss = await settledRss(server);
  const cpu = cpuNs(server.pid);
  const ms = Number((await crowd.order(`open ${kind} ${CONNECTIONS}`)).split(' ')[1]);
  await server.calm();
  const opened = cpuNs(server.pid);
  const bytes = ((await settledRss(server)) - rss) / CONNECTIONS;
  await crowd.order('leave');
  await server.calm();
  const left = cpuNs(server.pid);
  await span(2000);
  return {
    bytes,
    handshakeUs: (opened - cpu) / CONNECTIONS / 1e3,
    handshakesPerS: CONNECTIONS / ms * 1e3,
    leftMsPerS: (cpuNs(server.pid) - left) / 1e6 / 2,
  };
});

// Processor time of an echo, without and with idle clients.
const echo = (start) => withCrowd(start, async (server, crowd) => {
  // The best of three: what else the machine does at the time only adds.
  const measure = async () => {
    const runs = [];
    for (let i = 0; i < 3; i++) {
      const before = cpuNs(server.pid);
      await crowd.order(`echo ${MESSAGES} ${OVER}`);
      runs.push((cpuNs(server.pid) - before) / MESSAGES / 1e3);
    }
    return { us: Math.min(...runs) };
  };
  await crowd.order(`open ws ${OVER}`);
  await crowd.order(`echo ${Math.ceil(MESSAGES / 4)} ${OVER}`); // warms up
  const alone = await measure();
  await crowd.order(`open ws ${CONNECTIONS - OVER}`);
  await server.calm();
  return { alone, among: await measure() };
});

async function measure(startForMemory, startForEcho) {
  const result = {};
  for (const kind of ['ws', 'held', 'between']) result[kind] = await idle(startForMemory, kind);
  result.echo = await echo(startForEcho);
  return result;
}

// ---- telling ----

const figure = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));

function rows(edge, node) {
  const row = (name, get) => [name, get(edge), node && get(node)];
  return [
    row('idle WebSocket, bytes', (r) => r.ws.bytes),
    row('idle polling session that waits in a GET, bytes', (r) => r.held.bytes),
    row('idle polling session between two requests, bytes', (r) => r.between.bytes),
    row('echo, µs of processor time', (r) => r.echo.alone.us),
    row(`echo among ${CONNECTIONS} idle connections, µs`, (r) => r.echo.among.us),
    row('WebSocket handshake and join, µs', (r) => r.ws.handshakeUs),
    row('polling handshake and join, µs', (r) => r.between.handshakeUs),
    row('after all WebSockets left, ms of processor time a second', (r) => r.ws.leftMsPerS),
    row('after all waiting GETs left, ms a second', (r) => r.held.leftMsPerS),
  ];
}

function table(edge, node) {
  const lines = ['| | Warren | socket.io on Node | ratio |', '|---|---:|---:|---:|'];
  for (const [name, ours, theirs] of rows(edge, node))
    lines.push(`| ${name} | ${figure(ours)} | ${node ? figure(theirs) : ''} | ${node && ours >= 0.05 ? figure(theirs / ours) : ''} |`);
  const slower = (r) => r && figure(r.echo.among.us / r.echo.alone.us);
  lines.push(`| echo among idle connections to echo alone | ${slower(edge)} | ${slower(node) ?? ''} | |`);
  return lines.join('\n');
}

const about = (text) => `An edge without its services, and a stock socket.io server: \`./dev bench edge\`. Measured on ${machine()};
${CONNECTIONS.toLocaleString('en')} connections, ${MESSAGES.toLocaleString('en')} echoes over ${OVER} of them.

${text}

- **Memory** is the growth of the process's resident set from before the first client, divided by the clients: of \`router\` with
  \`BROKER_URL=memory:\` and its defaults, that is with recovery and all that the gateway keeps for a socket, and of a socket.io server (ws, no permessage-deflate: its defaults)
  with one handler, after it has collected its garbage. Each client has joined \`/\`, after a first request with the headers that Chromium sends.
  What the kernel keeps for a connection is not in it. A WebSocket that has sent control frames holds up to 152 bytes more.
- **Processor time** is what the kernel accounts to the server's threads. An echo is an event of 70 bytes and its acknowledgement, the best of three runs; ours runs on the
  edge alone (\`tests/edge/fixture_server.c\`), Node's on socket.io alone, so that both do the same.
- **After all left**: the connections are cut without a word; then the server is watched for two seconds.
`;

const edge = await measure(startRouter, startEdge);
const node = options.alone ? undefined : await measure(startNode, startNode);
if (options.json) {
  console.log(JSON.stringify({ edge, node }));
} else {
  const text = table(edge, node);
  console.log(text);
  if (options.write) writeSection(options.write, 'The edge alone', about(text));
}

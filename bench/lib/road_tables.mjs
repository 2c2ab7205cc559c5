// How `./dev bench road` tells what it measured.
import { machine } from './document.mjs';

const middle = (values) => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
const figure = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));
const line = (cells) => `| ${cells.join(' | ')} |`;

// The ratio in each run: both of it are of the same one.
function ratios(results, ours, theirs, what) {
  if (!results[ours] || !results[theirs]) return undefined;
  return results[ours].map((result, run) => result[what] / results[theirs][run][what]);
}

export function figuresTable(rows, results) {
  const lines = [
    line(['load', '', 'round trips a second', 'p50 ms', 'p99 ms', 'CPU µs, router + user', 'CPU µs, RabbitMQ', 'CPU to Node.js']),
    '|---|---|---:|---:|---:|---:|---:|---:|',
  ];
  let told;
  for (const { subject, load } of rows) {
    const name = `${subject.name}/${load.name}`;
    const of = (what) => middle(results[name].map((result) => result[what]));
    const toNode = subject.event && ratios(results, name, `node/${load.name}`, 'cpuUs');
    const refused = of('refused');
    lines.push(line([told === load ? '' : load.title, subject.title, figure(of('perS')) + (refused ? `, ${figure(refused)} refused` : ''),
      figure(of('p50')), figure(of('p99')), figure(of('cpuUs')), figure(of('brokerUs')), toNode && subject.name !== 'node' ? middle(toNode).toFixed(2) : '']));
    told = load;
  }
  return lines.join('\n');
}

const LOADS = { 1: '64 × 1', 16: '64 × 16', rate: '3,500 a second' };
const each = (what, names, goal) => names.map((name) => ({ what, load: name, ...goal }));
// `ours` to `theirs` under one load, at most or at least so much.
const GOALS = [
  ...each('CPU of router + user, AT_MOST_ONCE to Node.js', ['1', '16', 'rate'], { ours: 'most', theirs: 'node', of: 'cpuUs', atMost: 1 / 3 }),
  ...each('CPU of router + user, AT_MOST_ONCE inline to Node.js', ['1', '16', 'rate'], { ours: 'inline', theirs: 'node', of: 'cpuUs', atMost: 1 / 5 }),
  ...each('CPU of router + user, AT_LEAST_ONCE to Node.js', ['1', '16', 'rate'], { ours: 'least', theirs: 'node', of: 'cpuUs', atMost: 1 / 2 }),
  ...each('CPU of RabbitMQ, AT_MOST_ONCE to the same messages of rabbitmq-c', ['1', '16'], { ours: 'most', theirs: 'raw', of: 'brokerUs', atMost: 1.15 }),
  ...each('CPU of RabbitMQ, AT_MOST_ONCE to Node.js', ['1', 'rate'], { ours: 'most', theirs: 'node', of: 'brokerUs', atMost: 1 }),
  ...each('round trips a second, AT_MOST_ONCE to Node.js', ['1'], { ours: 'most', theirs: 'node', of: 'perS', atLeast: 2 }),
  ...each('round trips a second, AT_MOST_ONCE to Node.js', ['16'], { ours: 'most', theirs: 'node', of: 'perS', atLeast: 1.5 }),
  ...each('round trips a second, AT_MOST_ONCE to the same messages of rabbitmq-c', ['16'], { ours: 'most', theirs: 'raw', of: 'perS', atLeast: 0.7 }),
  ...each('p99, AT_MOST_ONCE to Node.js', ['rate'], { ours: 'most', theirs: 'node', of: 'p99', atMost: 0.5 }),
];

export function goalsTable(results) {
  const lines = [line(['ratio', 'load', 'measured', 'in each run', 'goal', '']), '|---|---|---:|---:|---:|---|'];
  for (const { what, load, ours, theirs, of, atMost, atLeast } of GOALS) {
    const values = ratios(results, `${ours}/${load}`, `${theirs}/${load}`, of);
    if (!values) continue;
    const value = middle(values);
    const met = atMost ? value <= atMost : value >= atLeast;
    lines.push(line([what, LOADS[load], value.toFixed(2), values.map((one) => one.toFixed(2)).join(' '), atMost ? `≤ ${+atMost.toFixed(2)}` : `≥ ${atLeast}`,
      met ? 'met' : 'missed']));
  }
  return lines.length > 2 ? lines.join('\n') : '';
}

export function syscallsTable(rows, syscalls) {
  const lines = [line(['system calls a round trip', '', 'router', 'user', 'most frequent, router; user']), '|---|---|---:|---:|---|'];
  const sum = (calls) => Object.values(calls).reduce((a, b) => a + b, 0);
  const most = (calls) => Object.entries(calls).slice(0, 4).map(([name, count]) => `${name} ${count.toFixed(2)}`).join(', ');
  for (const { subject, load } of rows) {
    const counted = syscalls[`${subject.name}/${load.name}`];
    if (counted) lines.push(line([load.title, subject.title, sum(counted.router).toFixed(2), sum(counted.user).toFixed(2), `${most(counted.router)}; ${most(counted.user)}`]));
  }
  return lines.join('\n');
}

export const about = (text, { runs, seconds, broker }) => `A page asks over Socket.IO, a handler that does nothing answers, the answer goes back to that page: \`./dev bench road\`.
Measured on ${machine()}, RabbitMQ ${broker}, which all share with the load; the median of ${runs} runs in turns, ${seconds} s each. A ratio is of one run, and the median of these.

${text}

- **Warren** is \`router\` and \`user\` of \`bench/road/road.proto\`, two processes with default settings and an account each. AT_MOST_ONCE is what the original's queues do;
  AT_LEAST_ONCE has a quorum queue, confirms and acknowledgements. The handlers run on workers; *inline* is AT_MOST_ONCE with \`inline: true\`, on the loop.
- **The Node.js original** is its router (express, socket.io) and its user (amqplib), two processes and two transient queues without acknowledgements, with today's packages,
  \`NODE_ENV=production\` and no log. Its argument is a text and its answer an event; Warren's is an object and the acknowledgement.
- **rabbitmq-c** is two processes that do nothing but ask and answer, with the frames of a batch in one \`send()\`: what is left when router and user cost nothing. *The same messages*
  are AT_MOST_ONCE's, read from what \`router\` and \`user\` send: exchange, properties, headers, accounts, confirms. *Bare*: the default exchange, transient queues, \`reply_to\` alone.
- **CPU** is what the kernel accounts to the threads of these processes, divided by the answers. A request's time begins when it is due.
`;

// System calls of a round trip, counted with strace.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COUNT_MS = 2000;

// Resolves with {name: calls} of a process while it is watched.
async function calls(pid) {
  const { stderr } = await run('timeout', ['--preserve-status', '-s', 'INT', String(COUNT_MS / 1e3), 'strace', '-c', '-f', '-qq', '-p', String(pid)])
    .catch((error) => error);
  const counts = {};
  for (const line of stderr.split('\n')) {
    const [, count, name] = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z]\w*)$/.exec(line) ?? [];
    if (name && name !== 'total') counts[name] = Number(count);
  }
  return counts;
}

// While a load is on: calls for each answer, of router and of user, one after the other.
export async function countSyscalls({ system, driver }) {
  const result = {};
  for (const name of ['router', 'user']) {
    await driver.order('mark');
    const counts = await calls(system[name].pid);
    const { answered } = JSON.parse(await driver.order('mark'));
    result[name] = Object.fromEntries(Object.entries(counts).map(([call, count]) => [call, count / answered]).sort((a, b) => b[1] - a[1]));
  }
  return result;
}

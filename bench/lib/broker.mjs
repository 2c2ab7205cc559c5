// A RabbitMQ of the bench's own, with the system's accounts, twice: in the vhost `/` for the system, in `raw` for what is
// measured beside it with the same exchanges and queues.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './process.mjs';

const run = promisify(execFile);
const SCRIPT = path.join(import.meta.dirname, '../../tests/rabbitmq/rabbitmq');
const OTHER_VHOST = 'raw';

const passwordOf = (account) => (account === 'guest' ? 'guest' : `password-of-${account}`);

async function environmentOf(folder) {
  const { stdout } = await run('bash', ['-c', 'eval "$("$0" start "$1")" && env -0', SCRIPT, folder], { maxBuffer: 1 << 24 });
  return Object.fromEntries(stdout.split('\0').filter(Boolean).map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}

// The accounts get passwords, and all that lies in a vhost lies in the other one, too.
function twice(definitions) {
  const everywhere = { user: 'guest', vhost: OTHER_VHOST, configure: '.*', write: '.*', read: '.*' };
  const both = {
    ...definitions,
    users: definitions.users.map(({ name, tags }) => ({ name, tags, password: passwordOf(name) })),
    vhosts: [{ name: '/' }, { name: OTHER_VHOST }],
  };
  for (const [kind, things] of Object.entries(definitions))
    if (kind !== 'users' && Array.isArray(things))
      both[kind] = [...things, ...things.map((thing) => ({ ...thing, vhost: OTHER_VHOST }))];
  both.permissions.push(everywhere);
  return both;
}

export async function startBroker(definitionsFile) {
  const folder = await mkdtemp(path.join(tmpdir(), 'warren-bench-'));
  atEnd(async () => {
    await run(SCRIPT, ['stop', folder]);
    await rm(folder, { recursive: true });
  });
  const env = await environmentOf(folder);
  const { port } = new URL(env.RABBITMQ_URL);
  const definitions = JSON.parse(await readFile(definitionsFile, 'utf8'));
  const file = path.join(folder, 'definitions.json');
  await writeFile(file, JSON.stringify(twice(definitions)));
  const rabbitmqctl = async (...args) => (await run('rabbitmqctl', args, { env })).stdout;
  await rabbitmqctl('import_definitions', file);
  return {
    port,
    folder,
    pid: Number(await readFile(path.join(folder, 'erlang.pid'), 'utf8')),
    version: (await rabbitmqctl('version')).trim().split('\n').pop(),
    url: (account, at = port) => `amqp://${account}:${passwordOf(account)}@127.0.0.1:${at}`,
    // Of bench_raw, which takes them one by one.
    login: (account) => [port, account, passwordOf(account), OTHER_VHOST],
  };
}

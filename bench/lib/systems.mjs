// The systems that are measured: each a router and a user, ready, at one RabbitMQ.
import path from 'node:path';
import { cpuNs, freePort, Program } from './process.mjs';

class System {
  constructor(router, user, port) {
    Object.assign(this, { router, user, port });
  }

  cpuNs() {
    return { router: cpuNs(this.router.pid), user: cpuNs(this.user.pid) };
  }

  async stop() {
    await Promise.all([this.router.stop(), this.user.stop()]);
  }
}

// With default settings; `ports` are where router and user find the broker.
export async function startWarren(bin, broker, env = {}, ports = {}) {
  const start = async (name, more) => {
    const ops = await freePort();
    const program = Program.start(path.join(bin, `bench_${name}`), [], {
      BROKER_URL: broker.url(`road.${name}`, ports[name]), OPS_PORT: String(ops), LOG_LEVEL: 'warn', ...env, ...more,
    });
    return program.ready(ops);
  };
  const port = await freePort();
  const user = await start('user', {});
  const router = await start('router', { INTERNAL_API_HOST: '127.0.0.1', INTERNAL_API_PORT: String(port) });
  return new System(router, user, port);
}

export async function startNode(broker, env = {}) {
  const start = (name) => Program.start(process.execPath, [path.join(import.meta.dirname, '../road', `node_${name}.mjs`)],
    { NODE_ENV: 'production', RABBITMQ_URL: broker.url('guest'), ...env }).listening();
  const user = await start('user');
  const router = await start('router');
  return new System(router, user, router.port);
}

// Two ends of RabbitMQ alone.
export async function startRaw(bin, login, scripts) {
  const start = async (end) => {
    const program = Program.start(path.join(bin, 'bench_raw'), [end, ...login[end], scripts[end]]);
    if ((await program.line()) !== 'ready') throw new Error('bench_raw is not ready');
    return program;
  };
  const answer = await start('answer');
  return new System(await start('ask'), answer);
}

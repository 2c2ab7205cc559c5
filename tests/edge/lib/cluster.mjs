// Several edges that know each other, and load balancers in front that know nothing of sessions.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Server } from './server.mjs';
import { post, request } from './talk.mjs';

// Tells one server of a peer: its instance, and where it listens for peers ('' for nowhere).
export const introduce = (server, instance, address) => post(`${server.url}/peer`, `${instance}=${address}`);

export async function startServers(count, ...args) {
  const servers = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const server = await Server.start('--instance', `edge-${i}`, '--internal', '0', ...args);
    server.instance = `edge-${i}`;
    server.internal = `127.0.0.1:${(await request(`${server.url}/internal`)).body}`;
    return server;
  }));
  for (const server of servers)
    for (const other of servers) if (other !== server) await introduce(server, other.instance, other.internal);
  return servers;
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

// Each connection to the next server in turn that takes it.
export async function startRoundRobin(ports) {
  const sockets = new Set();
  let turn = 0;
  const join = (from, to) => {
    sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => (sockets.delete(from), to.destroy()));
    from.pipe(to);
  };
  const serve = (client, tries) => {
    const server = net.connect(ports[turn++ % ports.length], '127.0.0.1');
    const refused = () => (tries ? serve(client, tries - 1) : client.destroy());
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      join(client, server);
      join(server, client);
    });
  };
  const proxy = net.createServer((client) => serve(client, ports.length));
  const port = await listen(proxy);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      proxy.close();
      sockets.forEach((socket) => socket.destroy());
      await once(proxy, 'close');
    },
  };
}

async function freePort() {
  const server = net.createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

// A real haproxy: each request to the next server in turn, as far as it has seen them alive.
export async function startHaproxy(ports) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'warren-haproxy-'));
  const port = await freePort();
  const config = path.join(folder, 'haproxy.cfg');
  await writeFile(config, `global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
  retries 3
  option redispatch
frontend all
  bind 127.0.0.1:${port}
  default_backend edges
backend edges
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200,404
${ports.map((p, i) => `  server edge${i} 127.0.0.1:${p} check inter 100ms fall 1 rise 1`).join('\n')}
`);
  const child = spawn('haproxy', ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const exit = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const haproxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      kill();
      await exit;
      process.off('exit', kill);
      await rm(folder, { recursive: true });
    },
  };
  for (;;) {
    const up = await request(`${haproxy.url}/`).then(({ status }) => status !== 503, () => false);
    if (up) return haproxy;
    if (child.exitCode !== null) throw new Error(`haproxy did not start: ${errors}`);
  }
}

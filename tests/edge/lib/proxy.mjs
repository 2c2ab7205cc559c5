// A TCP proxy that a test breaks and mends: cut ends all connections; freeze ends them for the client alone, while
// the server believes that they are there.
import net from 'node:net';
import { once } from 'node:events';

export class Proxy {
  static async start(port) {
    const proxy = new Proxy();
    proxy.pairs = new Set();
    proxy.server = net.createServer((client) => proxy.#join(client, net.connect(port, '127.0.0.1')));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  #join(client, server) {
    if (this.broken) {
      client.destroy();
      server.destroy();
      return;
    }
    const pair = { client, server, frozen: false };
    this.pairs.add(pair);
    for (const [from, to] of [[client, server], [server, client]]) {
      from.on('data', (bytes) => pair.frozen || to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => pair.frozen || to.destroy());
    }
    client.on('close', () => pair.frozen || this.pairs.delete(pair));
  }

  cut() {
    this.broken = true;
    for (const { client, server } of this.pairs) client.destroy(), server.destroy();
    this.pairs.clear();
  }

  freeze() {
    this.broken = true;
    for (const pair of this.pairs) {
      pair.frozen = true;
      pair.client.destroy();
    }
  }

  mend() {
    this.broken = false;
  }

  stop() {
    this.cut();
    this.server.close();
    return once(this.server, 'close');
  }
}

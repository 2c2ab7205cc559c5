// The stock client, as it is, before several edges and a load balancer that knows nothing of sessions.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { io } from 'socket.io-client';
import { startHaproxy, startRoundRobin, startServers } from './lib/cluster.mjs';

for (const [name, startProxy] of [['connections in turn', startRoundRobin], ['requests in turn, by haproxy', startHaproxy]]) {
  describe(`${name}`, () => {
    let servers, proxy;
    before(async () => {
      servers = await startServers(3, '--ping-interval', '1000', '--ping-timeout', '20000', '--connect-timeout', '20000');
      proxy = await startProxy(servers.map(({ port }) => port));
    });
    after(async () => {
      await proxy.stop();
      await Promise.all(servers.map((server) => server.stop()));
    });

    test('thirty of them poll, upgrade, and get every answer once', async () => {
      const clients = Array.from({ length: 30 }, () => io(proxy.url, { forceNew: true }));
      await Promise.all(clients.map(async (client, n) => {
        let closes = 0;
        client.on('disconnect', () => closes++);
        client.on('connect_error', (error) => assert.fail(error));
        const back = [];
        client.on('message-back', (...args) => back.push(args));
        const upgrade = new Promise((resolve) => client.io.on('open', () => client.io.engine.once('upgrade', resolve)));
        await once(client, 'connect');
        for (let i = 0; i < 10; i++) {
          assert.equal(await client.emitWithAck('message-with-ack', `${n} ${i}`), `${n} ${i}`);
          client.emit('message', n, i, Buffer.from([n, i]));
          if (i === 5) await upgrade;
        }
        assert.equal(client.io.engine.transport.name, 'websocket');
        await client.emitWithAck('message-with-ack', 'over');
        assert.deepEqual(back, Array.from({ length: 10 }, (_, i) => [n, i, Buffer.from([n, i])]));
        assert.equal(closes, 0);
      }));
      clients.forEach((client) => client.disconnect());
      const counters = await Promise.all(servers.map((server) => server.counters()));
      const sum = (what) => counters.reduce((total, each) => total + each[what], 0);
      assert.equal(sum('handshakes'), 30);
      assert.equal(sum('upgrades'), 30);
      assert.ok(sum('passed_on') >= 30, 'most went the wrong way');
      assert.equal(sum('passed_failed'), 0);
    });

    test('clients that only poll', async () => {
      const clients = Array.from({ length: 10 }, () => io(proxy.url, { forceNew: true, transports: ['polling'] }));
      await Promise.all(clients.map(async (client) => {
        await once(client, 'connect');
        for (let i = 0; i < 20; i++) assert.equal(await client.emitWithAck('message-with-ack', i), i);
        client.disconnect();
      }));
    });

    test('an edge that is stopped: its clients come again', async () => {
      const clients = Array.from({ length: 12 }, () => io(proxy.url, { forceNew: true, reconnectionDelay: 10 }));
      await Promise.all(clients.map((client) => once(client, 'connect')));
      await servers[0].stop();
      await Promise.all(clients.map(async (client) => {
        for (;;) {
          if (!client.connected) await once(client, 'connect');
          const answer = await client.timeout(2000).emitWithAck('message-with-ack', 'here').catch(() => null);
          if (answer === 'here') break;
        }
        client.disconnect();
      }));
      servers.shift();
    });
  });
}

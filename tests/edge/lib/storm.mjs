// A crowd of WebSocket clients that come at once, and again when they are sent away, until all are in:
//   node storm.mjs PORT COUNT      prints {"rounds":…,"refused":…}, then stays until its standard input ends
import net from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const REQUEST = 'GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
  'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
let refused = 0;

// Resolves with the seconds to wait, 0 once it is in.
function attempt() {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      if (text.startsWith('HTTP/1.1 101 ')) return resolve(0);
      const match = /^HTTP\/1\.1 503 .*\r\nRetry-After: (\d+)\r\n/s.exec(text);
      if (!match) return reject(new Error(text));
      refused++;
      socket.destroy();
      resolve(Number(match[1]));
    });
    socket.on('close', () => reject(new Error(`closed: ${text}`)));
    socket.write(REQUEST);
  });
}

async function come() {
  for (;;) {
    const wait_s = await attempt();
    if (!wait_s) return;
    await new Promise((resolve) => setTimeout(resolve, wait_s * 1000 * (0.5 + Math.random())));
  }
}

await Promise.all(Array.from({ length: count }, come));
console.log(JSON.stringify({ refused }));
process.stdin.resume();
process.stdin.on('end', () => process.exit());

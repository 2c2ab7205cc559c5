// Pages of another origin than the edge's.  Each loads the stock client from the edge, and has these few calls:
//   connect(namespace, options)  resolves when `socket` has joined; rejects with why it could not
//   ask(event, …)                resolves with the answer;  heard(event) with the arguments of the next one
//   flat(value)                  binary as { kind, bytes }, which a test can compare
import http from 'node:http';
import { once } from 'node:events';
import { slow } from '../../lib/limits.mjs';

const SCRIPT = `
var socket;
function connect(namespace, options) {
  socket = io(EDGE + namespace, { forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ...options });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket.id));
    socket.once('connect_error', reject);
  });
}
const ask = (event, ...args) => new Promise((resolve) => socket.emit(event, ...args, resolve));
const heard = (event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
async function flat(value) {
  if (value instanceof ArrayBuffer || value instanceof Blob)
    return { kind: value.constructor.name, bytes: [...new Uint8Array(await new Response(value).arrayBuffer())] };
  if (Array.isArray(value)) return Promise.all(value.map(flat));
  if (typeof value !== 'object' || !value) return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, part]) => [key, await flat(part)])));
}
`;

export class Pages {
  static async start() {
    const pages = new Pages();
    pages.server = http.createServer((req, res) => {
      const edge = new URL(req.url, 'http://x').searchParams.get('edge');
      if (!edge) return res.writeHead(404).end();
      // A cookie is for all ports of its host.
      res.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': 'visitor=ada' });
      res.end(`<!doctype html><script src="${edge}/socket.io/socket.io.js"></script><script>const EDGE = '${edge}';${SCRIPT}</script>`);
    });
    pages.server.listen(0, '127.0.0.1');
    await once(pages.server, 'listening');
    const { port } = pages.server.address();
    pages.origin = `http://127.0.0.1:${port}`;
    pages.stranger = `http://localhost:${port}`; // the same page, of another origin to a browser
    return pages;
  }

  async open(context, edge, origin = this.origin) {
    const page = await context.newPage();
    page.setDefaultTimeout(slow(60_000));
    await page.goto(`${origin}/?edge=${encodeURIComponent(edge)}`);
    return page;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

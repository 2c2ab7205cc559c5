// Ways to speak to a server: one HTTP request a connection, frames of a WebSocket, bare TCP.
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { once } from 'node:events';
import WebSocket from 'ws';

export const RS = '\x1e';

// Whose certificates are believed, over https and wss.
let ca;
export const trust = (pem) => (ca = pem);

// Returns { status, headers, body } (body as text), on a connection of its own.
export function request(url, { method = 'GET', headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const secure = String(url).startsWith('https:');
    const req = (secure ? https : http).request(url, { method, headers, agent, ...(secure && { ca }) }, async (res) => {
      const chunks = [];
      try {
        for await (const chunk of res) chunks.push(chunk);
      } catch (error) {
        return reject(error);
      }
      const bytes = Buffer.concat(chunks);
      resolve({ status: res.statusCode, headers: res.headers, body: bytes.toString(), bytes });
    });
    req.on('error', reject);
    req.end(body);
  });
}

export const post = (url, body, headers = {}) =>
  request(url, { method: 'POST', body, headers: { 'Content-Length': Buffer.byteLength(body), ...headers } });

// Sends bytes as they are and returns all that comes until the server closes, or `until` matches.
export async function tcp(port, bytes, until) {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  // A server that closes before it has read all is an error to whoever writes; what came until then counts.
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk;
    if (until?.test(text)) socket.destroy();
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

// A WebSocket whose frames are awaited one by one: { text } or { bytes }; null once it is closed.
export class Frames {
  constructor(url, options) {
    this.ws = new WebSocket(url, { ...options, ca });
    this.queue = [];
    this.waiting = [];
    this.opened = once(this.ws, 'open');
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => this.ws.on('close', (code) => resolve(code)));
    this.closed.then(() => this.#put(null));
    this.ws.on('error', (error) => (this.error = error));
    this.ws.on('message', (data, binary) => this.#put(binary ? { bytes: data } : { text: data.toString() }));
  }

  #put(frame) {
    const waiting = this.waiting.shift();
    if (waiting) waiting(frame);
    else this.queue.push(frame);
  }

  next() {
    if (this.queue.length) return Promise.resolve(this.queue.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async text() {
    return (await this.next())?.text ?? null;
  }

  // The next text that is no ping; pings are answered.
  async message() {
    for (;;) {
      const frame = await this.next();
      if (frame?.text !== '2') return frame?.text ?? frame?.bytes ?? null;
      this.send('3');
    }
  }

  send(...messages) {
    for (const message of messages) this.ws.send(message);
  }

  close() {
    this.ws.close();
    return this.closed;
  }
}

// The status of a refused upgrade; fails when it is accepted.
export async function refusedUpgrade(url, options) {
  const frames = new Frames(url, options);
  await Promise.race([frames.closed, frames.opened.catch(() => {})]);
  const match = /Unexpected server response: (\d+)/.exec(frames.error?.message ?? '');
  frames.ws.terminate();
  return match ? Number(match[1]) : undefined;
}

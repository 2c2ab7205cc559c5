// What tests of recovery share: clients of namespace /recovery, in frames and stock.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { io } from 'socket.io-client';
import { Frames } from './talk.mjs';

const clients = [], raws = [];

export function client(url, options) {
  const socket = io(`${url}/recovery`, { forceNew: true, transports: ['websocket'], reconnectionDelay: 1, reconnectionDelayMax: 10, ...options });
  clients.push(socket);
  return socket;
}

export async function connected(url, options) {
  const socket = client(url, options);
  await once(socket, 'connect');
  return socket;
}

export async function leaveAll() {
  clients.splice(0).forEach((socket) => socket.disconnect());
  for (const frames of raws.splice(0))
    if (frames.ws.readyState === 1) {
      frames.send('41/recovery');
      await frames.close();
    }
}

// Speaks the protocol itself in namespace /recovery: a WebSocket whose CONNECT says `auth`.
export async function raw(server, auth) {
  const frames = new Frames(`${server.ws}/socket.io/?EIO=4&transport=websocket`);
  raws.push(frames);
  await frames.opened;
  assert.match(await frames.text(), /^0\{/);
  frames.send(`40/recovery,${auth ? JSON.stringify(auth) : ''}`);
  return frames;
}

// Reads an event, or what CONNECT is answered with: its text without the namespace, and its offset.
export async function read(frames) {
  const text = await frames.message();
  if (typeof text !== 'string') return { bytes: text?.toString() };
  const [, head, json] = /^(\d+-?)\/recovery,\d*(.*)$/.exec(text);
  const data = JSON.parse(json);
  return Array.isArray(data) ? { head, data, offset: data.at(-1) } : { head, data, ...data };
}

// Collects the numbers that a socket is told, and awaits as many of them.
export function numbers(socket) {
  const seen = [];
  let check = () => {};
  socket.on('n', (number, ...more) => {
    seen.push(more.length > 1 ? [number, ...more.slice(0, -1).map(String)] : number);
    check();
  });
  seen.until = (count) => new Promise((resolve) => {
    check = () => seen.length >= count && resolve(seen);
    check();
  });
  return seen;
}

export const range = (first, count) => Array.from({ length: count }, (_, i) => first + i);

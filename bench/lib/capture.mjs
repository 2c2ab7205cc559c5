// The frames that programs send to RabbitMQ, read on the way: the raw ends send the very same.
import { once } from 'node:events';
import net from 'node:net';

const METHOD = 1, HEADER = 2, BODY = 3;
const HEAD = 7, PROTOCOL_HEADER = 8; // bytes
const is = (frame, group, method) =>
  frame.type === METHOD && frame.payload.readUInt16BE(0) === group && frame.payload.readUInt16BE(2) === method;

const text = (payload, at) => payload.toString('latin1', at + 1, at + 1 + payload[at]);

// Gathers the frames of one connection, with the names that its methods speak of.
class Reader {
  bytes = Buffer.alloc(0);
  left = PROTOCOL_HEADER; // to be skipped
  frames = [];

  take(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    if (this.left > 0 && this.bytes.length >= this.left) {
      this.bytes = this.bytes.subarray(this.left);
      this.left = 0;
    }
    while (this.left === 0 && this.bytes.length >= HEAD && this.bytes.length >= HEAD + this.bytes.readUInt32BE(3) + 1) {
      const len = this.bytes.readUInt32BE(3);
      this.frames.push({ type: this.bytes[0], channel: this.bytes.readUInt16BE(1), payload: Buffer.from(this.bytes.subarray(HEAD, HEAD + len)) });
      this.bytes = this.bytes.subarray(HEAD + len + 1);
    }
  }
}

// A way to the broker at `port` that remembers what is sent; resolves with {port, frames(), close()}.
export async function captureTo(port) {
  const readers = [];
  const sockets = new Set();
  const server = net.createServer((client) => {
    const broker = net.connect(port, '127.0.0.1');
    const reader = new Reader();
    readers.push(reader);
    client.on('data', (bytes) => reader.take(bytes));
    for (const [from, to] of [[client, broker], [broker, client]]) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    // A connection's number makes its channels different from another's.
    frames: () => readers.flatMap(({ frames }, connection) => frames.map((frame) => ({ ...frame, on: `${connection}/${frame.channel}` }))),
    close() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

// The messages among frames: {on, exchange, key, publish, header, body}.
export function messagesOf(frames) {
  const open = new Map(); // by channel
  const messages = [];
  for (const frame of frames) {
    if (is(frame, 60, 40)) {
      const exchange = text(frame.payload, 6);
      const message = { on: frame.on, exchange, key: text(frame.payload, 7 + exchange.length), publish: frame.payload, body: Buffer.alloc(0) };
      open.set(frame.on, message);
      messages.push(message);
    } else if (frame.type === HEADER && open.has(frame.on)) {
      open.get(frame.on).header = frame.payload;
    } else if (frame.type === BODY && open.has(frame.on)) {
      open.get(frame.on).body = Buffer.concat([open.get(frame.on).body, frame.payload]);
    }
  }
  return messages;
}

const declares = (frames) => frames.filter((frame) => is(frame, 50, 10)).map((frame) => ({ queue: text(frame.payload, 6), payload: frame.payload }));
const consumes = (frames) => frames.filter((frame) => is(frame, 60, 20)).map((frame) => ({ queue: text(frame.payload, 6), payload: frame.payload }));
const confirms = (frames, on) => frames.filter((frame) => is(frame, 85, 10) && frame.on === on);

// A script for bench_raw.
export function script(setup, { publish, header, body }) {
  const lines = [...setup.map((payload) => ['setup', payload]), ['publish', publish], ['header', header], ['body', body]];
  return lines.map(([what, payload]) => `${what} ${payload.toString('hex')}\n`).join('');
}

// The scripts of both ends: of the last request whose body holds `marker`, and of the last answer.
export function scriptsOf(askerFrames, answererFrames, marker, event) {
  const request = messagesOf(askerFrames).findLast(({ body }) => body.includes(marker));
  const answer = messagesOf(answererFrames).findLast(({ key }) => consumes(askerFrames).some(({ queue }) => queue === key));
  const taken = consumes(answererFrames).find(({ queue }) => queue.endsWith(`.${event}`));
  if (!request || !answer || !taken) throw new Error('the way of a request cannot be seen in what the programs send');
  const isAnswers = ({ queue }) => queue === answer.key;
  const confirm = (frames, { on }) => confirms(frames, on).map(({ payload }) => payload);
  return {
    ask: script([...confirm(askerFrames, request), ...declares(askerFrames).filter(isAnswers).slice(0, 1).map(({ payload }) => payload),
      consumes(askerFrames).find(isAnswers).payload], request),
    answer: script([...confirm(answererFrames, answer), taken.payload], answer),
  };
}

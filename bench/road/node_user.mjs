// The original's msUser: handlers that do nothing but reply.  The one of userSlow takes its time before it does, as one that
// asks a database over four connections: as many milliseconds as the file SLOW_FILE holds, read each time.
// It prints `listening` when it is ready.
import { readFileSync } from 'node:fs';
import { setTimeout as span } from 'node:timers/promises';
import { connect } from './node_rabbit.mjs';

const CONNECTIONS = 4;

function reply(event) {
  const { socketId, n } = JSON.parse(event.content.toString());
  channel.send('frontendMessage', { type: 'loginResponse', res: { ok: true, n }, socketId });
}

const waiting = [];
let free = CONNECTIONS;
async function replyLater(event) {
  if (free === 0) await new Promise((resolve) => waiting.push(resolve));
  else free--;
  await span(Number(readFileSync(process.env.SLOW_FILE, 'utf8')));
  reply(event);
  if (waiting.length > 0) waiting.shift()();
  else free++;
}

const channel = await connect('userLogin', reply);
await channel.take('userSlow', replyLater);
console.log('listening');

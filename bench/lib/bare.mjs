// The scripts of the least that a request and its answer can be: the default exchange, two transient queues, reply_to alone.
import { script } from './capture.mjs';

const short = (n) => Buffer.from([n >> 8, n & 255]);
const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const noTable = Buffer.alloc(4);
const EXCLUSIVE = 4, NO_ACK = 2, REPLY_TO = 0x0200; // bits of queue.declare, basic.consume and the content header

const declare = (queue) => Buffer.concat([short(50), short(10), short(0), text(queue), Buffer.from([EXCLUSIVE]), noTable]);
const consume = (queue) => Buffer.concat([short(60), short(20), short(0), text(queue), text(''), Buffer.from([NO_ACK]), noTable]);
const message = (to, body, replyTo) => ({
  publish: Buffer.concat([short(60), short(40), short(0), text(''), text(to), Buffer.from([0])]),
  header: Buffer.concat([short(60), short(0), Buffer.alloc(8), short(replyTo ? REPLY_TO : 0), replyTo ? text(replyTo) : Buffer.alloc(0)]),
  body,
});

// The bodies are as long as the given ones.
export const bareScripts = (requestBytes, answerBytes) => ({
  ask: script([declare('bare.answers'), consume('bare.answers')], message('bare.requests', Buffer.alloc(requestBytes, 'x'), 'bare.answers')),
  answer: script([declare('bare.requests'), consume('bare.requests')], message('bare.answers', Buffer.alloc(answerBytes, 'x'))),
});

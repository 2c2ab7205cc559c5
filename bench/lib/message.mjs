// Scripts for bench_raw, put together frame by frame: requests and answers with as much in them as one wants.
import { script } from './capture.mjs';

const short = (n) => Buffer.from([n >> 8, n & 255]);
const long = (n) => Buffer.from([n >> 24, n >> 16, n >> 8, n]);
const text = (value) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
const longText = (value) => Buffer.concat([long(value.length), Buffer.from(value)]);
const noTable = long(0);
const table = (entries) => {
  const bytes = Buffer.concat(Object.entries(entries).flatMap(([name, value]) => [text(name), Buffer.from('S'), longText(value)]));
  return Buffer.concat([long(bytes.length), bytes]);
};

// AMQP 0-9-1: the bits of its methods, and of the properties in the order in which they are written.
const DURABLE = 2, EXCLUSIVE = 4, NO_ACK = 2, MANDATORY = 1;
const PROPERTIES = [
  ['content_type', 15, text], ['headers', 13, table], ['delivery_mode', 12, (n) => Buffer.from([n])], ['correlation_id', 10, text],
  ['reply_to', 9, text], ['expiration', 8, text], ['message_id', 7, text], ['timestamp', 6, (n) => Buffer.concat([long(0), long(n)])],
  ['type', 5, text], ['user_id', 4, text], ['app_id', 3, text],
];

const method = (cls, id, ...parts) => Buffer.concat([short(cls), short(id), ...parts]);
const declareExchange = (name, type) => method(40, 10, short(0), text(name), text(type), Buffer.from([DURABLE]), noTable);
const declareQueue = (name, durable) => method(50, 10, short(0), text(name), Buffer.from([durable ? DURABLE : EXCLUSIVE]), noTable);
const bind = (queue, exchange, key) => method(50, 20, short(0), text(queue), text(exchange), text(key), Buffer.from([0]), noTable);
const consume = (queue) => method(60, 20, short(0), text(queue), text(''), Buffer.from([NO_ACK]), noTable);
const selectConfirms = method(85, 10, Buffer.from([0]));

function header(properties) {
  const given = PROPERTIES.filter(([name]) => properties[name] !== undefined);
  const flags = given.reduce((bits, [, bit]) => bits | (1 << bit), 0);
  return method(60, 0, Buffer.alloc(8), short(flags), ...given.map(([name, , bytes]) => bytes(properties[name])));
}

const message = (exchange, key, body, mandatory, properties) => ({
  publish: method(60, 40, short(0), text(exchange), text(key), Buffer.from([mandatory ? MANDATORY : 0])),
  header: header(properties),
  body,
});

// `exchange` is a type, none: the default exchange; `properties` are the request's, `answerProperties` the answer's.  What is
// durable has the name of its own that `name` gives it.
export function scriptsFor(requestBytes, answerBytes, { name = 'bare', exchange, mandatory, confirms, durable, properties, answerProperties } = {}) {
  const [requests, answers] = [`${name}.requests`, `${name}.answers`];
  const mode = confirms ? [selectConfirms] : [];
  const bound = exchange ? [declareExchange(name, exchange), bind(requests, name, exchange === 'topic' ? 'asked.*' : 'asked.0')] : [];
  const persistent = durable ? { delivery_mode: 2 } : {};
  return {
    ask: script([...mode, declareQueue(answers, durable), consume(answers)],
      message(exchange ? name : '', exchange ? 'asked.0' : requests, Buffer.alloc(requestBytes, 'x'), mandatory,
        { reply_to: answers, ...persistent, ...properties })),
    answer: script([...mode, declareQueue(requests, durable), ...bound, consume(requests)],
      message('', answers, Buffer.alloc(answerBytes, 'x'), false, { ...persistent, ...answerProperties })),
  };
}

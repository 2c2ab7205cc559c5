// The proofs between edges, written once more from runtime/src/edge/cluster/proof.h, so that a test can forge it.
import { createHash, createHmac } from 'node:crypto';

// The fixture's own (fixture_server.c).
export const KEY = 'the-key-of-all-fixtures-which-is-no-secret';

const digest = (body) => createHash('sha256').update(body).digest('hex');

export function prove(key, ...parts) {
  const hmac = createHmac('sha256', key);
  for (const part of parts) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(part)));
    hmac.update(length).update(part);
  }
  return hmac.digest('hex');
}

let number = BigInt(Date.now()) << 20n;

// The header of a call to the edge `to`.
export function sign({ key = KEY, from = 'tester', to, time = Date.now(), method = 'POST', path, query = '', body = '', ...more }) {
  const told = [from, String(time), String(more.number ?? ++number), digest(body)];
  const [, , n, hash] = told;
  return `Warren1 ${told.join(' ')} ${prove(key, 'warren call 1', to, from, String(time), n, method, path, query, hash)}`;
}

// A header for a call of that URL's path to the edge `to`.
export function authorized(to, url, more = {}) {
  const [path, query = ''] = String(url).replace(/^\w+:\/\/[^/]*/, '').split('?');
  return { Authorization: sign({ to, path, query, ...more }) };
}

// The header by which a peer's answer to a call with that one is believed.
export const info = (authorization = '', status, body, key = KEY) => ({ 'Authentication-Info':
  `Warren1 ${digest(body)} ${prove(key, 'warren answer 1', authorization.split(' ').at(-1), String(status), digest(body))}` });

// The same as a line, for a request with that head.
export function answered(head, status, body, key) {
  const authorization = /^Authorization: (.*)\r$/m.exec(head)?.[1];
  return `Authentication-Info: ${info(authorization, status, body, key)['Authentication-Info']}\r\n`;
}

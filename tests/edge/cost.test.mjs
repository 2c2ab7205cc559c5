// What an edge costs, in small, so that it cannot grow unseen; ./dev bench edge measures it in earnest.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { slow } from '../lib/limits.mjs';

const CONNECTIONS = 1000;
const bench = path.join(import.meta.dirname, '../../bench/edge.mjs');
const bin = path.resolve(process.env.WARREN_BIN ?? 'build/bin');
const sanitized = (process.env.WARREN_SANITIZE ?? 'none') !== 'none' && 'a sanitizer takes memory of its own';

describe(`${CONNECTIONS} clients`, () => {
  let cost;
  before(async () => {
    const { stdout } = await promisify(execFile)(process.execPath,
      [bench, '--bin', bin, '--alone', '--json', '--connections', String(CONNECTIONS), '--messages', '10000'], { timeout: slow(300_000) });
    cost = JSON.parse(stdout).edge;
  });

  test('an echo among idle connections costs what it costs alone', () => {
    const { alone, among } = cost.echo;
    assert.ok(among.us < alone.us * 2, `${among.us} µs among them, ${alone.us} µs alone`);
  });

  for (const kind of ['ws', 'held', 'between'])
    test(`who has left costs nothing: ${kind}`, () => {
      assert.ok(cost[kind].leftMsPerS < 20, `${cost[kind].leftMsPerS} ms a second`);
    });

  // Among few clients the process's own share weighs more than in the bench.
  for (const [kind, bytes] of [['ws', 2600], ['held', 9500], ['between', 2600]])
    test(`memory of an idle client: ${kind}`, { skip: sanitized }, () => {
      assert.ok(cost[kind].bytes < bytes, `${cost[kind].bytes} bytes`);
    });
});

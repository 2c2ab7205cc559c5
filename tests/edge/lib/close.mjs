// Ends that come from what was sent, and not from a clock.
import assert from 'node:assert/strict';

// No clock of the fixture ends anything in this time: its heartbeat takes 500 ms, its time to CONNECT 1000.
export const AT_ONCE_MS = 250;

const clocks = ({ ping_timeouts, connect_timeouts }) => ({ ping_timeouts, connect_timeouts });

// Does `act`, upon which the server is to close the WebSocket with that code, at once and without another word; a
// ping that crosses it is none.
export async function closesAtOnce(server, frames, act, code = 1002) {
  const before = await server.counters();
  const start = performance.now();
  act();
  let frame;
  while ((frame = await frames.next()) !== null) assert.equal(frame.text, '2');
  const closed = await frames.closed;
  const took = performance.now() - start;
  assert.equal(closed, code);
  assert.ok(took < AT_ONCE_MS, `closed only after ${took} ms`);
  assert.deepEqual(clocks(await server.counters()), clocks(before), 'a clock has closed it');
}

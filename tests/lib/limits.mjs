// Time limits of tests in Node.js: backstops that end what hangs, and nothing that a test may lean on.  See ../case_limits.c.
const factor = Number(process.env.TEST_SLOW || 1);

export const slow = (ms) => ms * factor;

// The options of a test.
export const BACKSTOP = { timeout: slow(900_000) };

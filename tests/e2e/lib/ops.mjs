// How a program says it is, asked at its ops port.
import assert from "node:assert/strict";

export const ask = (program, path) => fetch(`http://127.0.0.1:${program.opsPort}${path}`);

export async function readinessOf(program) {
  const response = await ask(program, "/readyz");
  assert.equal(response.headers.get("content-type"), "application/json");
  const said = await response.json();
  assert.equal(response.status, said.ready ? 200 : 503);
  assert.equal(said.ready, said.reasons.every(({ severity }) => severity !== "blocks"));
  for (const reason of said.reasons) {
    assert.deepEqual(Object.keys(reason), ["severity", "source", "reason"]);
    assert.match(reason.severity, /^(blocks|told)$/);
  }
  return said;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\d+)$`);

// Reads Prometheus' text format 0.0.4, line by line: HELP, TYPE and all samples of one metric stand together, once.
// Returns a map from the metric's name to {help, type, samples}, a map from labels to values.
export function parseMetrics(text) {
  const metrics = new Map();
  const lines = text.split("\n");
  assert.equal(lines.pop(), "", "the last line ends");
  for (let at = 0; at < lines.length; ) {
    const [, name, help] = new RegExp(`^# HELP (${NAME}) ((?:[^\\\\]|\\\\[\\\\n])+)$`).exec(lines[at]) ?? assert.fail(lines[at]);
    const [, typed, type] = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`).exec(lines[at + 1]) ?? assert.fail(lines[at + 1]);
    assert.equal(typed, name);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.ok(!metrics.has(name), `${name} stands twice`);
    const samples = new Map();
    for (at += 2; at < lines.length && !lines[at].startsWith("#"); at++) {
      const [, sample, labels = "", value] = SAMPLE.exec(lines[at]) ?? assert.fail(lines[at]);
      assert.equal(sample, name);
      assert.ok(!samples.has(labels), lines[at]);
      samples.set(labels, Number(value));
    }
    assert.ok(samples.size > 0, name);
    metrics.set(name, { help, type, samples });
  }
  return metrics;
}

export async function allMetricsOf(program) {
  const response = await ask(program, "/metrics");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
  return parseMetrics(await response.text());
}

// Each metric's value by its name, summed over its labels; of one service alone when it is named.
export async function metricsOf(program, service) {
  const values = {};
  for (const [name, { samples }] of await allMetricsOf(program))
    for (const [labels, value] of samples)
      if (!service || labels === `service="${service}"`) values[name] = (values[name] ?? 0) + value;
  return values;
}

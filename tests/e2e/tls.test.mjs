// The router over TLS: how it starts, and how it gets new certificates.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import tls from "node:tls";
import { io } from "socket.io-client";
import { freePort, Program, ready, register, settings, temporaryFolder, within } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;

async function start(t, extra = {}) {
  let program;
  t.after(() => (program.exit ? undefined : program.stop()));
  const folder = await temporaryFolder(t);
  const file = (name) => path.join(folder, name);
  for (const serial of [1, 2])
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-set_serial", String(serial),
      "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file(`${serial}.key`), "-out", file(`${serial}.pem`)], { stdio: "pipe" });
  const install = (serial) => {
    copyFileSync(file(`${serial}.pem`), file("server.pem"));
    copyFileSync(file(`${serial}.key`), file("server.key"));
  };
  install(1);
  const port = await freePort();
  program = new Program("all-in-one", settings(folder, {
    INTERNAL_API_PORT: String(port), TLS_CERTIFICATE: file("server.pem"), TLS_KEY: file("server.key"), ...extra }), folder);
  const authorities = () => ["1.pem", "2.pem"].map((name) => readFileSync(file(name)));
  return Object.assign(program, { port, install, file, authorities });
}

async function serial(program) {
  const socket = tls.connect({ host: "127.0.0.1", port: program.port, ca: program.authorities() });
  await within(once(socket, "secureConnect"), "a TLS connection");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return Number(serialNumber);
}

test("https and wss; SIGHUP brings a new certificate, a broken one is refused, connections live on", options, async (t) => {
  const program = await start(t);
  await ready(program);
  const socket = io(`https://127.0.0.1:${program.port}`, { ca: program.authorities(), forceNew: true, reconnection: false });
  t.after(() => socket.disconnect());
  await within(once(socket, "connect"), "a socket connects");
  await register(socket);
  assert.equal(await serial(program), 1);
  program.install(2);
  program.child.kill("SIGHUP");
  await program.line((line) => line.msg === "certificate read anew");
  while ((await serial(program)) !== 2);
  writeFileSync(program.file("server.key"), "nonsense");
  program.child.kill("SIGHUP");
  const { reason, level } = await program.line((line) => /^certificate not read/.test(line.msg));
  assert.equal(level, 50);
  assert.match(reason, /cannot use .*server\.key/);
  assert.equal(await serial(program), 2);
  await register(socket);
});

for (const [what, extra, pattern] of [
  ["a certificate that is not there", { TLS_CERTIFICATE: "/nowhere.pem" }, /cannot use \/nowhere\.pem: No such file.*TLS_CERTIFICATE/],
  ["a key that is not there", { TLS_KEY: "/nowhere.key" }, /cannot use \/nowhere\.key: No such file.*TLS_KEY/],
  ["a certificate without its key", { TLS_KEY: "" }, /needs a certificate and its key.*TLS_KEY/],
  ["a proxy that is none", { TRUSTED_PROXIES: "10.0.0.0/8,x" }, /neither an address nor a network: x.*TRUSTED_PROXIES/],
])
  test(`${what} is an error at the start that names its setting`, options, async (t) => {
    const program = await start(t, extra);
    const { code } = await within(program.ended, "it refuses to start");
    assert.equal(code, 1);
    assert.match(program.stderr, pattern);
  });

test("without certificates SIGHUP ends a program in order", options, async (t) => {
  const program = await start(t, { TLS_CERTIFICATE: "", TLS_KEY: "" });
  await ready(program);
  program.child.kill("SIGHUP");
  assert.deepEqual(await within(program.ended, "it ends"), { code: 0, signal: null });
});

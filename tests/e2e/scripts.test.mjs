// The browsers' client at /socket.io/, from the folder that SOCKET_IO_CLIENT_DIR names.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";
import { connector, freePort, Program, ready, settings, temporaryFolder } from "./lib/programs.mjs";
import { BACKSTOP } from "../lib/limits.mjs";

const options = BACKSTOP;
const SCRIPTS = path.join(path.dirname(createRequire(import.meta.url).resolve("socket.io-client/package.json")), "dist");

async function start(t, extra, folder) {
  let program;
  t.after(() => (program?.exit ? undefined : program?.stop()));
  folder ??= await temporaryFolder(t);
  const port = await freePort();
  program = new Program("all-in-one", settings(folder, { INTERNAL_API_PORT: String(port), ...extra }), folder);
  await ready(program);
  return { program, port, url: `http://127.0.0.1:${port}/socket.io` };
}

const complaints = ({ program }) =>
  program.lines.filter((line) => line.msg === "nothing to serve").map(({ level, path, setting, folder }) => [level, path, setting, folder]);

test("served, with its type, and not again to who has it", options, async (t) => {
  const router = await start(t, { SOCKET_IO_CLIENT_DIR: SCRIPTS });
  for (const [name, type] of [["socket.io.js", "text/javascript; charset=utf-8"], ["socket.io.min.js", "text/javascript; charset=utf-8"],
    ["socket.io.esm.min.js", "text/javascript; charset=utf-8"], ["socket.io.min.js.map", "application/json"]]) {
    const answer = await fetch(`${router.url}/${name}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), type);
    assert.equal(answer.headers.get("cache-control"), "no-cache", "kept, and asked for each time");
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(await readFile(path.join(SCRIPTS, name))));
    // A fetch that says when it is to be asked adds what forbids it; the tag says all.
    const again = await fetch(`${router.url}/${name}`, { headers: { "If-None-Match": answer.headers.get("etag"), "Cache-Control": "max-age=0" } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
  }
  assert.equal((await fetch(`${router.url}/package.json`)).status, 404);
  assert.deepEqual(complaints(router), []);
  await connector(t, router.port)();
});

test("another folder: what is in it, and nothing else", options, async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, "own"));
  await writeFile(path.join(folder, "own", "socket.io.js"), "var io;\n");
  const router = await start(t, { SOCKET_IO_CLIENT_DIR: "own" }, folder); // from where the router was started
  assert.equal(await (await fetch(`${router.url}/socket.io.js`)).text(), "var io;\n");
  assert.equal((await fetch(`${router.url}/socket.io.min.js`)).status, 404);
});

test("a folder that is missing is told with its setting; the script is 404, and clients come in", options, async (t) => {
  for (const [extra, told] of [
    [{ SOCKET_IO_CLIENT_DIR: "/nowhere/at/all" }, [[40, "/socket.io/", "SOCKET_IO_CLIENT_DIR", "/nowhere/at/all"]]],
    [{}, [[40, "/socket.io/", "SOCKET_IO_CLIENT_DIR", "client/node_modules/socket.io-client/dist"]]],
  ]) {
    const router = await start(t, extra);
    const answer = await fetch(`${router.url}/socket.io.js`);
    assert.deepEqual([answer.status, await answer.text()], [404, "Not found\n"]);
    assert.deepEqual(complaints(router), told);
    await connector(t, router.port)();
  }
});

// The yardstick: what a person writes for a third service and a change in four parts: a browser's event with a reply, a fact
// that two services consume, and a push to browsers.  A copy of the tree gets that change, is built, and is driven with the stock
// socket.io-client: over memory: in one process and, where RABBITMQ_URL is set, over RabbitMQ in three.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { BACKSTOP, slow } from "../lib/limits.mjs";

const HERE = new URL(".", import.meta.url).pathname;
const ROOT = path.join(HERE, "../..");
const JOBS = `-j${availableParallelism()}`;

const tree = await mkdtemp(path.join(tmpdir(), "warren-yardstick-"));
process.env.WARREN_BIN = path.join(tree, "build/bin");
const { brokerUrl, connector, emit, freePort, next, Program, ready, settings } = await import("../e2e/lib/programs.mjs");
const { importDefinitions, urlFor } = await import("../e2e/lib/accounts.mjs");

test.after(() => rm(tree, { recursive: true, force: true }));

// Resolves with { status, output }; what hangs is ended.
function attempt(command, args, cwd = tree) {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout: slow(600_000), maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ status: error ? (error.code ?? -1) : 0, output: stdout + stderr }),
    );
  });
}

async function run(command, ...args) {
  const { status, output } = await attempt(command, args);
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${output.slice(-6000)}`);
  return output;
}

const git = (...args) => run("git", "-c", "user.name=yardstick", "-c", "user.email=yardstick@example.org", ...args);

async function commit(message) {
  await git("add", "--all");
  await git("commit", "--quiet", "--allow-empty", "--message", message);
}

async function copyTree() {
  const { status, output } = await attempt("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT);
  assert.equal(status, 0, output);
  for (const file of output.split("\0").filter(Boolean)) {
    await cp(path.join(ROOT, file), path.join(tree, file), { verbatimSymlinks: true }).catch((error) => {
      if (error.code !== "ENOENT") throw error; // deleted, and that not yet committed
    });
  }
  await git("init", "--quiet");
  await commit("the tree");
}

const sync = (...args) => run("codegen/sync", "--plugin", "build/bin/protoc-gen-warren", ...args);
const build = (...targets) => run("ninja", "-C", "build", JOBS, ...targets);

const skeletonTests = () => attempt("ctest", ["--test-dir", "build", "-R", "^service/guestbook_test$", "--no-tests=error", "-V"]);

async function edit(file, change) {
  const name = path.join(tree, file);
  const before = await readFile(name, "utf8");
  const after = change(before);
  assert.notEqual(after, before, file);
  await writeFile(name, after);
}

// ---- the person's part ----

async function editSchema() {
  const lines = await readFile(path.join(HERE, "change/schema.proto"), "utf8");
  await edit("schema/demo.proto", (text) =>
    text.replace("service User {\n", "$&  rpc OnEntryWritten(EntryWritten) returns (warren.None);\n").concat(lines),
  );
}

// Each file below change/ but the schema holds the body of the one function of that file in services/.
async function writeHandlers() {
  for (const service of await readdir(path.join(HERE, "change"))) {
    if (service.endsWith(".proto")) continue;
    for (const file of await readdir(path.join(HERE, "change", service))) {
      const body = await readFile(path.join(HERE, "change", service, file), "utf8");
      const include = body.includes("snprintf") ? "#include <stdio.h>\n\n" : "";
      await edit(`services/${service}/${file}`, (text) => include + text.replace(/\n\{\n[^]*\n\}\n$/, () => `\n{\n${body}}\n`));
    }
  }
}

// What the last commit changed: [{ file, added, removed }].
async function written() {
  const numbers = await git("diff", "--numstat", "HEAD~1", "HEAD");
  return numbers
    .trim()
    .split("\n")
    .map((line) => line.split("\t"))
    .map(([added, removed, file]) => ({ file, added: Number(added), removed: Number(removed) }));
}

const lines = [];

// ---- the system ----

// `brokerOf` gives each program its BROKER_URL.
async function start(t, brokerOf, programs) {
  const folder = await mkdtemp(path.join(tree, "build/run-"));
  const port = await freePort();
  const started = programs.map(
    (name) => new Program(name, settings(folder, { BROKER_URL: brokerOf(name), INTERNAL_API_PORT: String(port) }), folder),
  );
  t.after(() => Promise.all(started.map((program) => (program.exit ? undefined : program.stop()))));
  await Promise.all(started.map(ready));
  return { connect: connector(t, port), programs: started };
}

async function drive(t, brokerOf, programs) {
  const { connect } = await start(t, brokerOf, programs);
  const [writer, reader] = [await connect(), await connect()];
  const [entry, notice] = [next(reader, "guestbookEntry"), next(reader, "frontendMessage")];
  const answer = await emit(writer, "guestbookSign", { text: "A lovely place." });
  assert.deepEqual(Object.keys(answer), ["id"]);
  assert.notEqual(answer.id, "");
  assert.deepEqual(await entry, { id: answer.id, text: "A lovely place." });
  assert.deepEqual(await notice, { text: "Somebody wrote: A lovely place." });

  const { error } = await emit(writer, "guestbookSign", { text: "" });
  assert.equal(error.code, "invalid_argument");
  assert.equal(error.field, "text");
}

// ---- the steps, each on what the one before left ----

const options = BACKSTOP;

test("a copy of the tree is built", options, async () => {
  await copyTree();
  await run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug");
  await build("protoc-gen-warren", "all-in-one", "router", "user");
  await sync("--check");
});

test("the schema's lines demand handlers, and the build names the files to write", options, async () => {
  await editSchema();
  await commit("schema");
  lines.push(...(await written()));
  await sync("--no-stubs");
  const { status, output } = await attempt("ninja", ["-C", "build", JOBS, "user_service"]);
  assert.notEqual(status, 0);
  assert.match(output, /services\/user\/on_entry_written\.c: error: user_on_entry_written\(\) is not written/);
});

test("the stubs compile, and both they and their tests say what is not written yet", options, async (t) => {
  await sync();
  await commit("generated");
  await build("all-in-one", "router", "user", "guestbook", "guestbook_test");
  const { status, output } = await skeletonTests();
  assert.notEqual(status, 0);
  assert.match(output, /0%: Checks: 2, Failures: 2, Errors: 0/);
  const { connect, programs } = await start(t, () => "memory:", ["all-in-one"]);
  const { error } = await emit(await connect(), "guestbookSign", { text: "too early" });
  assert.equal(error.code, "internal");
  await programs[0].line((line) => JSON.stringify(line).includes("guestbook_on_guestbook_sign is not written yet"));
});

test("with the handlers' lines the tests pass", options, async (t) => {
  await writeHandlers();
  await commit("handlers");
  lines.push(...(await written()));
  await build("all-in-one", "router", "user", "guestbook", "guestbook_test");
  const { status, output } = await skeletonTests();
  assert.equal(status, 0, output);
  const files = lines.map(({ file }) => file);
  t.diagnostic("a person wrote:");
  for (const { file, added, removed } of lines) t.diagnostic(`  +${added} -${removed}  ${file}`);
  const total = lines.reduce((sum, { added }) => sum + added, 0);
  t.diagnostic(`  ${total} lines in ${files.length} files`);
  assert.deepEqual(files, [
    "schema/demo.proto",
    "services/guestbook/on_entry_written.c",
    "services/guestbook/on_guestbook_sign.c",
    "services/user/on_entry_written.c",
  ]);
});

test("driven over memory:, in one process", options, (t) => drive(t, () => "memory:", ["all-in-one"]));

test("driven over RabbitMQ, in three processes", { ...options, skip: !brokerUrl && "RABBITMQ_URL is not set" }, async (t) => {
  await importDefinitions(path.join(tree, "generated/rabbitmq/definitions.json"));
  await drive(t, (name) => urlFor(`demo.${name}`), ["user", "guestbook", "router"]);
});

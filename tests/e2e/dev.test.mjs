// ./dev as a person uses it, in a clone of its own: one test by its name, programs that would do harm, watch.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { connector, freePort, within } from "./lib/programs.mjs";
import { BACKSTOP, slow } from "../lib/limits.mjs";

const ROOT = new URL("../..", import.meta.url).pathname;
const HANDLER = "services/user/on_user_login.c";
const BUILD_MS = slow(900_000);

const clone = await mkdtemp(path.join(tmpdir(), "warren-dev-"));
const running = new Set();
test.after(async () => {
  for (const command of running) await command.stop();
  await rm(clone, { recursive: true, force: true });
});

// One call of a program in the clone; everything that it says is in `output`.
class Command {
  constructor(program, ...args) {
    this.name = [program, ...args].join(" ");
    this.output = "";
    this.waiting = new Set();
    // Nobody optimises what lives for a minute.
    this.child = spawn(program, args, { cwd: clone, env: { ...process.env, CMAKE_BUILD_TYPE: "Debug", PASSWORD_OPSLIMIT: "1", PASSWORD_MEMLIMIT: "8192" } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on("data", (text) => {
        this.output += text;
        for (const look of this.waiting) look();
      });
    running.add(this);
    this.ended = new Promise((resolve) => this.child.on("close", (status) => {
      running.delete(this);
      this.status = status;
      for (const look of this.waiting) look();
      resolve(status);
    }));
  }

  // Resolves with what was said from here on, once it has `text`.
  says(text, from = 0) {
    return within(new Promise((resolve, reject) => {
      const look = () => {
        const said = this.output.slice(from);
        if (!said.includes(text) && this.status === undefined) return;
        this.waiting.delete(look);
        if (said.includes(text)) resolve(said);
        else reject(new Error(`${this.name} ended (${this.status}) and did not say: ${text}\n${this.output.slice(-4000)}`));
      };
      this.waiting.add(look);
      look();
    }), `${this.name} says ${text}`, BUILD_MS).catch((error) => {
      error.message += `\n${this.output.slice(-4000)}`;
      throw error;
    });
  }

  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
  }
}

async function finish(program, ...args) {
  const command = new Command(program, ...args);
  await within(command.ended, command.name, BUILD_MS);
  return command;
}

async function good(program, ...args) {
  const command = await finish(program, ...args);
  assert.equal(command.status, 0, `${command.name}\n${command.output.slice(-6000)}`);
  return command.output;
}

const read = (file) => readFile(path.join(clone, file), "utf8");
const write = (file, text) => writeFile(path.join(clone, file), text);

// The npm packages of the page come from here: they are what its lock file says.
async function cloneTree() {
  await good("git", "clone", "--quiet", ROOT, clone);
  const files = await good("git", "-C", ROOT, "ls-files", "-z", "--modified", "--others", "--exclude-standard");
  for (const file of files.split("\0").filter(Boolean))
    await cp(path.join(ROOT, file), path.join(clone, file), { verbatimSymlinks: true }).catch(() => rm(path.join(clone, file)));
  for (const folder of ["client", "tests"]) {
    await cp(path.join(ROOT, folder, "node_modules"), path.join(clone, folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
    const now = new Date();
    await utimes(path.join(clone, folder, "node_modules/.package-lock.json"), now, now);
  }
}

test("one test by its name builds that one; a name that nothing has is told with those that are near", BACKSTOP, async () => {
  await cloneTree();
  assert.match(await good("./dev", "test", "unit/base_time"), /\n\d+ passed, 0 failed\n$/);
  for (const build of ["asan", "tsan"]) assert.deepEqual(await readdir(path.join(clone, "build", build, "bin")), ["test_base_time"]);
  const { status, output } = await finish("./dev", "test", "unit/base_tine");
  assert.equal(status, 2);
  assert.match(output, /^dev: no suite or test unit\/base_tine; near: unit\/base_time\b.*$/m);
});

test("RABBITMQ_SERVER: the RabbitMQ whose programs are in a folder; a folder without is told in one line", BACKSTOP, async (t) => {
  const script = path.join(ROOT, "tests/rabbitmq/rabbitmq");
  const broker = await mkdtemp(path.join(tmpdir(), "warren-dev-broker-"));
  const programs = path.join(clone, "programs");
  const call = (server, verb) => ["env", `RABBITMQ_SERVER=${server}`, script, verb, broker];
  t.after(async () => {
    await good(...call(programs, "stop"));
    await Promise.all([broker, programs].map((made) => rm(made, { recursive: true, force: true })));
  });
  const none = await finish(...call(clone, "start"));
  assert.deepEqual([none.status, none.output],
    [1, `rabbitmq: RABBITMQ_SERVER=${clone} has neither rabbitmq-server nor usr/lib/rabbitmq/bin/rabbitmq-server in it\n`]);

  await symlink("/usr/lib/rabbitmq/bin", programs);
  const exports = await good(...call(programs, "start"));
  assert.match(exports, /^export PATH=\/usr\/lib\/rabbitmq\/bin:/m);
  assert.match(exports, /^export RABBITMQ_URL=amqp:/m);
});

test("TEST_SLOW that is no number is told in one line", BACKSTOP, async () => {
  const { status, output } = await finish("env", "TEST_SLOW=much", "tests/run", "unit/base_time");
  assert.deepEqual([status, output], [2, "dev: TEST_SLOW takes a whole number from 1, not much\n"]);
});

// A C compiler may only warn of these, and each does harm in the program that it makes.
const HARMFUL = {
  "int-conversion": "const char *user_harm(void);\nconst char *user_harm(void)\n{\n\treturn 1764000000000;\n}",
  "incompatible-pointer-types": "int *user_harm(char *text);\nint *user_harm(char *text)\n{\n\treturn text;\n}",
  "implicit-function-declaration": "void user_harm(void);\nvoid user_harm(void)\n{\n\tuser_no_such_call();\n}",
  "return-type": "int user_harm(void);\nint user_harm(void)\n{\n}",
  format: '#include <stdio.h>\nvoid user_harm(void);\nvoid user_harm(void)\n{\n\tprintf("%s", 3);\n}',
};

// What the compiler says of it; some compilers take it for an error by themselves.
const complaint = (kind) => new RegExp(`on_user_login\\.c:\\d+:\\d+: error: .*\\[-W(error=)?${kind}`);

test("watch: what runs goes on while there is an error, which is shown; the new one takes over when it builds", BACKSTOP, async (t) => {
  const handler = await read(HANDLER);
  const port = await freePort();
  const watch = new Command("./dev", "watch", "--port", String(port));
  await watch.says(`open http://127.0.0.1:${port}/`);
  const login = async () => {
    const socket = await connector(t, port)();
    return within(socket.emitWithAck("userLogin", { name: "nobody", password: "none at all" }), "the answer");
  };
  const before = await login();
  const socket = await connector(t, port)();

  let from = watch.output.length;
  await write(HANDLER, `${handler}\n${HARMFUL["int-conversion"]}\n`);
  const said = await watch.says("what was built before still runs", from);
  assert.match(said, complaint("int-conversion"));
  assert.deepEqual(await login(), before);
  assert.ok(socket.connected, "it was not even started again");

  from = watch.output.length;
  const gone = within(new Promise((resolve) => socket.once("disconnect", resolve)), "the former program ends");
  const answer = 'return user_login_fail(call, WARREN_NOT_FOUND, "a new text");';
  await write(HANDLER, handler.replace(/(\nint user_on_user_login\([^)]*\)\n\{\n)/, (head) => `${head}\t${answer}\n`));
  await watch.says(`open http://127.0.0.1:${port}/`, from);
  await gone;
  assert.deepEqual(await login(), { error: { code: "not_found", message: "a new text" } });

  await watch.stop();
  await write(HANDLER, handler);
});

for (const [kind, harm] of Object.entries(HARMFUL))
  test(`run does not start what does harm: ${kind}`, BACKSTOP, async () => {
    const handler = await read(HANDLER);
    await write(HANDLER, `${handler}\n${harm}\n`);
    const { status, output } = await finish("./dev", "run", "--port", String(await freePort()));
    await write(HANDLER, handler);
    assert.notEqual(status, 0, output.slice(-3000));
    assert.match(output, complaint(kind));
    assert.doesNotMatch(output, /open http/);
  });

// What a person does on the page, in Chromium, served by the router.  Screenshots go to SCREENSHOTS when it is set.
import assert from "node:assert/strict";
import path from "node:path";
import test, { after, before } from "node:test";
import { freshName, PASSWORD, ready, startSystem, within } from "../e2e/lib/programs.mjs";
import { launch } from "./lib/chromium.mjs";
import { BACKSTOP, slow } from "../lib/limits.mjs";

const options = BACKSTOP;
let browser;

before(async () => (browser = await launch()));
after(() => browser?.close());

async function openPage(t, system) {
  const context = await browser.newContext({ viewport: { width: 900, height: 760 } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(slow(60_000));
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.goto(`http://127.0.0.1:${system.ports[0]}/`);
  await page.getByText("Connected", { exact: true }).waitFor();
  return page;
}

async function show(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

async function fill(page, name, password, action) {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: action, exact: true }).click();
}

test("a person registers, signs in and sees notices as they come", options, async (t) => {
  const system = await startSystem(t);
  const [page, other] = [await openPage(t, system), await openPage(t, system)];
  const name = freshName();

  await page.getByRole("tab", { name: "Register" }).click();
  await fill(page, name, PASSWORD, "Register");
  await page.getByText(`The account ${name} was made.`).waitFor();
  await show(page, "registered");

  await fill(page, name, PASSWORD, "Sign in");
  await page.getByRole("heading", { name: `Signed in as ${name}` }).waitFor();
  const own = page.getByLabel("Notices").getByRole("listitem");
  await own.first().waitFor();
  await other.getByLabel("Notices").getByText(name).waitFor();
  await show(page, "signed-in");
  await show(other, "other");
  assert.deepEqual([...page.faults, ...other.faults], []);
});

test("errors stand at their fields; a wrong password is told in words", options, async (t) => {
  const system = await startSystem(t);
  const page = await openPage(t, system);
  await page.getByRole("tab", { name: "Register" }).click();
  await fill(page, "", PASSWORD, "Register");
  const nameField = page.getByLabel("Name");
  await page.waitForFunction(() => document.querySelector("input[name=name]").getAttribute("aria-invalid") === "true");
  await fill(page, "ada", "short", "Register");
  await page.waitForFunction(() => document.querySelector("input[name=password]").getAttribute("aria-invalid") === "true");
  await show(page, "errors");
  assert.equal(await nameField.getAttribute("aria-invalid"), "false");

  const name = freshName();
  await fill(page, name, PASSWORD, "Register");
  await page.getByText(`The account ${name} was made.`).waitFor();
  await page.getByRole("tab", { name: "Register" }).click();
  await fill(page, name, PASSWORD, "Register");
  await page.waitForFunction(() => document.querySelector("input[name=name]").getAttribute("aria-invalid") === "true");

  await page.getByRole("tab", { name: "Sign in" }).click();
  await fill(page, name, "not the password", "Sign in");
  await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
  await show(page, "wrong-password");
});

test("the page says when the router is gone, and comes back by itself", options, async (t) => {
  const system = await startSystem(t);
  const page = await openPage(t, system);
  const router = system.programs.find((program) => program.name !== "user");
  await router.stop();
  await page.getByText(/^(Connecting…|Disconnected)$/).waitFor();
  await show(page, "gone");
  await ready(system.start(router.name, { INTERNAL_API_PORT: String(system.ports[0]) }));
  await page.getByText("Connected", { exact: true }).waitFor({ timeout: slow(60_000) });
});

test("the events page is served", options, async (t) => {
  const system = await startSystem(t);
  const page = await openPage(t, system);
  await page.getByRole("link", { name: "Events of this system" }).click();
  await within(page.getByText("userLogin").first().waitFor(), "the events page shows userLogin");
  await show(page, "events");
});

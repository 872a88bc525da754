// cke-scheduler as a process at an embedded master that authenticates frameworks as a real one does (recording auth).
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authentication, Master } from "@cke/mesos-local";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configurations, SchedulerProcess } from "./testing/scheduler-process.ts";

const secret = "hunter2-is-secret";
const credentials = new Map([
  ["cke", secret],
  ["other", "other-secret"],
]);
const frameworks: Authentication = { realms: new Set(["scheduler"]), credentials };

let directory: string;
let master: Master | undefined;
let scheduler: SchedulerProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-authentication-"));
});

afterEach(async () => {
  await scheduler?.end();
  await master?.stop();
  await rm(directory, { recursive: true, force: true });
});

const startMaster = async (authentication?: Authentication) => {
  master = new Master({ host: "127.0.0.1", port: 0, ...(authentication === undefined ? {} : { authentication }) });
  return await master.start();
};

/** With the store of this test: the same framework each time. */
const startScheduler = (address: string, ...more: readonly string[]) => {
  const store = ["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")];
  const local = ["-listen", "127.0.0.1:0", "-k8s_config", configurations, "-k8s_registry_cert="];
  scheduler = new SchedulerProcess([...local, ...store, "-master", address, ...more], { cwd: directory });
  return scheduler;
};

const as = async (principal: string, told: string) => {
  const path = join(directory, `secret-of-${principal}`);
  await writeFile(path, `${told}\n`, { mode: 0o600 });
  return ["-mesos_principal", principal, "-mesos_secret_file", path];
};

const subscribed = () => [...(master?.state?.frameworks.values() ?? [])].filter(({ stream }) => stream !== undefined);
const says = (process: SchedulerProcess, words: RegExp) =>
  expect.poll(() => process.stderr, { timeout: 120_000 }).toMatch(words);

test("B23: with its principal and secret the scheduler is subscribed, under that principal", async () => {
  const process = startScheduler(await startMaster(frameworks), ...(await as("cke", secret)));
  const url = await process.up();
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 120_000 }).toBe(200);
  expect(subscribed().map(({ info }) => info.principal)).toEqual(["cke"]);
  expect(process.stderr).not.toContain(secret);
});

test("B23: with a wrong secret the log says what to check and /readyz the same", async () => {
  const process = startScheduler(await startMaster(frameworks), ...(await as("cke", "wrong-secret")));
  const url = await process.up();
  await says(process, /does not accept principal \\"cke\\" with its secret: check -mesos_principal.*401 Unauthorized/);
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toMatch(/not subscribed at a Mesos master: .*check -mesos_principal.*401 Unauthorized/);
  expect(subscribed()).toEqual([]);
  expect(process.stderr).not.toContain("wrong-secret");
});

test("B23: without a principal the log names the flags to give", async () => {
  const process = startScheduler(await startMaster(frameworks));
  await says(process, /asks who this framework is: give -mesos_principal and -mesos_secret_file/);
  expect(subscribed()).toEqual([]);
});

test("B7: a principal that is changed later is refused, with what to do; the old one is taken again", async () => {
  const address = await startMaster();
  const first = startScheduler(address);
  await expect.poll(subscribed, { timeout: 120_000 }).toHaveLength(1);
  first.signal("SIGTERM");
  expect(await first.ended).toBe(0);
  const second = startScheduler(address, ...(await as("cke", secret)));
  await says(second, /a framework keeps its principal for ever: start with -mesos_principal as it was/);
  expect(subscribed()).toEqual([]);
  second.signal("SIGTERM");
  await second.ended;
  startScheduler(address);
  await expect.poll(subscribed, { timeout: 120_000 }).toHaveLength(1);
  expect(master?.state?.frameworks.size).toBe(1);
});

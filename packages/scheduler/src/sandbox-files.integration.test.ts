// What is left of a node's files: its executor's output in the sandbox of an embedded Mesos agent, while the executor stands still, after the
// node has ended, and when the agent is gone; and what is said of the files of its processes then.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Member, SchedulerGroup } from "./testing/scheduler-group.ts";

let directory: string;
let group: SchedulerGroup;
let member: Member;
let begun: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-sandbox-"));
});
afterAll(async () => {
  await group.stop();
  await rm(directory, { recursive: true, force: true });
});
const begin = async () => {
  group = await SchedulerGroup.start({
    storage: ["-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")],
    size: 1,
  });
  member = await group.leader();
  await group.runningCluster(member);
};

const get = async (path: string, init: RequestInit = {}) =>
  await fetch(`${member.url}/k8s/v1/clusters/my/nodes/${path}`, { signal: AbortSignal.timeout(60_000), ...init });
const stateSchema = z.object({
  status: z.string(),
  nodes: z.array(z.object({ name: z.string(), incarnation: z.string() })),
});
const state = async () => stateSchema.parse(await (await fetch(`${member.url}/k8s/v1/clusters/my/state`)).json());

test("the output of a running executor, whole, in parts and followed", async () => {
  await begin();
  const { files } = z
    .object({ files: z.array(z.object({ name: z.string(), size: z.number(), modified: z.string() })) })
    .parse(await (await get("node0/executor/files")).json());
  expect(files.map(({ name }) => name)).toEqual(["stderr", "stdout"]);
  const whole = await get("node0/executor/files/stdout");
  const text = await whole.text();
  expect(text).toMatch(/^executor cke\.my\.node0\.\S+ begins\n/);
  begun = text.split("\n")[0] ?? "";
  expect(whole.headers.get("content-length")).toBe(String(text.length));
  const part = await get("node0/executor/files/stdout", { headers: { range: "bytes=0-7" } });
  expect([part.status, await part.text()]).toEqual([206, "executor"]);
  expect(await (await get("node0/executor/files/stdout?offset=-1")).text()).toBe(text.slice(-1));
  const head = await get("node0/executor/files/stdout", { method: "HEAD" });
  expect(head.headers.get("x-cke-file-size")).toBe(String(text.length));
  const gone = new AbortController();
  const followed = await get("node0/executor/files/stdout?follow=true", { signal: gone.signal });
  expect(Buffer.from((await followed.body?.getReader().read())?.value ?? []).toString()).toBe(text);
  gone.abort();
});

test("an executor that stands still: its own output can be read, those of the processes not", async () => {
  const { nodes } = await state();
  const incarnation = nodes.find(({ name }) => name === "node0")?.incarnation ?? "";
  await group.killExecutor(incarnation, "SIGSTOP");
  expect((await get("node0/processes/docker/files")).status).toBe(504);
  expect(await (await get("node0/executor/files/stdout")).text()).toContain(begun);
  await group.killExecutor(incarnation, "SIGCONT");
});

test("a node that was stopped: its executor's output is still there, that of its processes is gone", async () => {
  const answer = await fetch(`${member.url}/k8s/v1/clusters/my/stop`, { method: "POST" });
  expect(answer.status).toBeLessThan(300);
  await expect.poll(async () => (await state()).status, { timeout: 120_000 }).toBe("stopped");
  expect(await (await get("node0/executor/files/stdout")).text()).toContain(begun);
  const gone = await get("node0/processes/docker/files/stderr");
  expect(gone.status).toBe(410);
  expect(await gone.json()).toMatchObject({
    code: "files_gone",
    details: { host: "10.124.142.224", container: "cke-my-node0", directory: "/var/log/cke/docker" },
  });
});

test("what is not known is 404, what the agent has removed 410, and an agent that is gone an error that says so", async () => {
  for (const path of ["none/executor/files", "none/executor/files/stdout"]) expect((await get(path)).status).toBe(404);
  expect((await get("node0/executor/files/passwd")).status).toBe(400);
  const rotated = await get("node0/executor/files/stdout.7");
  expect(rotated.status).toBe(410);
  expect(await rotated.json()).toMatchObject({
    error: expect.stringContaining("below the work_dir of its Mesos agent"),
  });
  await group.stopAgent();
  const answer = await get("node0/executor/files/stdout");
  expect([410, 502]).toContain(answer.status);
  expect(await answer.json()).toMatchObject({ error: expect.stringMatching(/agent/) });
}, 600_000);

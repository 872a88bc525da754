// Agents that come and go, over the embedded Mesos with real executor processes: maintenance, draining, agents marked gone,
// and a store that was restored from a backup.
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import { parseMasterAddress, SchedulerConnection } from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { type LocalMesos, parseResources, startLocalMesos } from "@cke/mesos-local";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { PkiVault } from "../../kubernetes/pki/pki-vault.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { nodeScript } from "../../testing/node-script.ts";
import { patientAgent } from "../../testing/patient-agents.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { testOptions } from "../testing/scenario.ts";
import { testClusters } from "../testing/test-scheduler.ts";

const executor = join(import.meta.dirname, "../testing/test-executor.ts");
const containers = () => join(directory, "containers");
const volumes = async () => (await readdir(join(directory, "volumes"))).sort();
const data = (key: string) => readFile(join(directory, "volumes", key), "utf8");
const name = `cke-${randomUUID()}`;

let directory: string;
let mesos: LocalMesos;
let service: RunningClusterService;
let executorUrl: string;
let store: Store;
const downloads = createServer((_request, response) => response.end(nodeScript(executor, containers())));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-agents-"));
  await mkdir(containers());
  await new Promise<void>((resolve) => downloads.listen(0, "127.0.0.1", resolve));
  const address = downloads.address();
  executorUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const resources = parseResources("cpus:16;mem:65536;ports:[31000-32000]");
  mesos = await startLocalMesos({
    listen: "127.0.0.1:0",
    agents: ["a", "b"].map((hostname) => ({ hostname, resources, settings: patientAgent })),
    workDir: join(directory, "mesos"),
    logger: silentLogger,
  });
  store = new MemoryStore();
  await start(store);
});

afterEach(async () => {
  await service.stop();
  await mesos.stop({ unregister: true });
  await new Promise((resolve) => downloads.close(resolve));
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

async function start(from: Store): Promise<void> {
  const basics = { clock: systemClock, logger: silentLogger };
  const detector = masterDetector(parseMasterAddress(mesos.masterAddress), { ...basics, secure: false });
  service = testClusters({
    ...basics,
    options: { ...testOptions, name, executorUrl },
    store: from,
    pki: new PkiVault({ store: from, logger: silentLogger }),
    connect: (hooks) => new SchedulerConnection({ ...hooks, ...basics, detector }),
  });
  await service.start();
  await expect.poll(() => service.connected(), { timeout: 120_000 }).toBe(true);
}

/** A call of the master's operator API. */
async function operator(type: string, content?: unknown): Promise<unknown> {
  const body = JSON.stringify({ type, ...(content === undefined ? {} : { [type.toLowerCase()]: content }) });
  const headers = { "content-type": "application/json", accept: "application/json" };
  const answer = await fetch(`http://${mesos.masterAddress}/api/v1`, { method: "POST", headers, body });
  const text = await answer.text();
  expect(`${answer.status} ${text}`).toMatch(/^200/);
  return text === "" ? undefined : JSON.parse(text);
}

const agentsSchema = z.object({
  get_agents: z.object({
    agents: z.array(
      z.object({
        agent_info: z.object({ hostname: z.string(), id: z.object({ value: z.string() }) }),
        pid: z.string(),
        drain_info: z.object({ state: z.string() }).optional(),
      }),
    ),
  }),
});
async function agentOf(hostname: string) {
  const { agents } = agentsSchema.parse(await operator("GET_AGENTS")).get_agents;
  const agent = agents.find(({ agent_info }) => agent_info.hostname === hostname);
  if (agent === undefined) throw new Error(`no agent ${hostname}`);
  const ip = /@([\d.]+):/.exec(agent.pid)?.[1] ?? "";
  return { agent_id: agent.agent_info.id, machine: { hostname, ip }, drain: agent.drain_info?.state ?? "" };
}

/** Takes a drained agent back. One that still drains is refused by Mesos. */
async function reactivate(hostname: string): Promise<void> {
  await expect.poll(async () => (await agentOf(hostname)).drain, { timeout: 120_000 }).toBe("DRAINED");
  await operator("REACTIVATE_AGENT", { agent_id: (await agentOf(hostname)).agent_id });
}

const body = () =>
  smallBody({
    nodes: [
      { name: "m", type: "master", node_ip: "10.0.0.1", host: "a" },
      { name: "n", type: "node", node_ip: "10.0.0.2" },
    ],
  });
const node = (index: 0 | 1) => service.state("small").nodes[index];
const running = async () =>
  await expect.poll(() => service.list()[0]?.status, { timeout: 120_000, interval: 50 }).toBe("running");
const runsOn = async (host: string) =>
  await expect
    .poll(() => `${node(1)?.real_host} ${node(1)?.status}`, { timeout: 120_000, interval: 50 })
    .toBe(`${host} running`);
const other = (host: string) => (host === "a" ? "b" : "a");

test("B14: a node leaves an agent before its maintenance and a drained one at once; a master stays where it is", async () => {
  await service.create(body());
  await running();
  const master = node(0)?.incarnation;
  const first = node(1)?.real_host ?? "";
  const { machine } = await agentOf(first);
  const start = { nanoseconds: (Date.now() + 600_000) * 1_000_000 };
  const schedule = { windows: [{ machine_ids: [machine], unavailability: { start } }] };
  await operator("UPDATE_MAINTENANCE_SCHEDULE", { schedule });
  await runsOn(other(first));
  await expect
    .poll(async () => JSON.stringify(await operator("GET_MAINTENANCE_STATUS")), { timeout: 120_000 })
    .toContain(first === "a" ? '"status":"DECLINE"' : '"status":"ACCEPT"');
  await operator("UPDATE_MAINTENANCE_SCHEDULE", { schedule: {} });
  // The master is pinned to a, so that only b can be drained without taking it along.
  if (first === "b") {
    await operator("UPDATE_MAINTENANCE_SCHEDULE", {
      schedule: { windows: [{ machine_ids: [(await agentOf("a")).machine], unavailability: { start } }] },
    });
    await runsOn("b");
    await operator("UPDATE_MAINTENANCE_SCHEDULE", { schedule: {} });
  }
  await operator("DRAIN_AGENT", { agent_id: (await agentOf("b")).agent_id });
  await runsOn("a");
  expect(node(1)).toMatchObject({ failures: 0 });
  expect(node(0)?.incarnation).toBe(master);
  expect((await readdir(containers())).sort()).toEqual(["small.m", "small.n"]);
  await service.remove("small");
  // What the node has left on b is removed as soon as that offers again.
  await expect.poll(() => node(1)?.reason, { timeout: 120_000 }).toContain("host b may still hold container");
  await reactivate("b");
  await expect.poll(() => service.list(), { timeout: 120_000 }).toEqual([]);
  expect([...(await readdir(containers())), ...(await volumes())]).toEqual([]);
});

test("B14: draining the agent of a master takes nothing with it: reactivated, the master is back with its data", async () => {
  await service.create(body());
  await running();
  const incarnation = node(0)?.incarnation;
  const before = await data("small.m");
  const { agent_id } = await agentOf("a");
  await operator("DRAIN_AGENT", { agent_id });
  await expect.poll(() => node(0)?.status, { timeout: 120_000 }).not.toBe("running");
  await expect.poll(() => readdir(containers()), { timeout: 120_000 }).toEqual(["small.n"]);
  expect(await volumes()).toEqual(["small.m", "small.n"]);
  expect(await data("small.m")).toBe(before);
  await reactivate("a");
  await running();
  expect(node(0)).toMatchObject({ real_host: "a", failures: 0 });
  expect(node(0)?.incarnation).not.toBe(incarnation);
  expect(await data("small.m")).toBe(before);
  await service.remove("small");
  await expect.poll(() => service.list(), { timeout: 120_000 }).toEqual([]);
  expect([...(await readdir(containers())), ...(await volumes())]).toEqual([]);
});

test("B11: with a store from before the launches, what runs is taken back exactly as it was launched", async () => {
  await service.create(body());
  await running();
  const before = service.state("small").nodes.map(({ incarnation, processes }) => [incarnation, processes[0]?.task_id]);
  const launches = new Map<string, unknown>();
  await service.stop();
  const old = new MemoryStore();
  for (const { key, value } of await store.list("")) {
    if (!key.startsWith("units/")) {
      await old.commit([{ op: "put", key, value }]);
      continue;
    }
    const { launch, ...record } = unitRecordSchema.parse(value);
    launches.set(key, launch?.executor);
    await old.commit([{ op: "put", key, value: { ...record, home: "", homeSinceMs: 0 } }]);
  }
  await start(old);
  await expect.poll(() => node(0)?.incarnation, { timeout: 120_000 }).not.toBe("");
  await expect.poll(() => node(1)?.incarnation, { timeout: 120_000 }).not.toBe("");
  const after = service.state("small").nodes.map(({ incarnation, processes }) => [incarnation, processes[0]?.task_id]);
  expect(after).toEqual(before);
  for (const [key, launched] of launches) {
    const launch = async () => unitRecordSchema.parse((await old.get(key))?.value).launch;
    expect((await launch())?.executor).toEqual(launched);
    // The states of its tasks are told one after the other.
    const run = async () => (await launch())?.tasks.every(({ state }) => state === "TASK_RUNNING");
    await expect.poll(run, { timeout: 120_000 }).toBe(true);
  }
  await service.remove("small");
  await expect.poll(() => service.list(), { timeout: 120_000 }).toEqual([]);
  expect(await readdir(containers())).toEqual([]);
});

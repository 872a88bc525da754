// The framework with real parts: the embedded Mesos over HTTP, an executor process that the agent fetches and starts, a
// sqlite store and the real PKI.
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@cke/foundation";
import { parseMasterAddress, Resources, resourceSchema, SchedulerConnection } from "@cke/mesos";
import { masterDetector } from "@cke/mesos/master-detection";
import { type LocalMesos, parseResources, startLocalMesos } from "@cke/mesos-local";
import { MachinePace, pacedMs } from "@cke/test-servers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import type { SchedulerOptions } from "../../flags/framework-options.ts";
import { PkiVault } from "../../kubernetes/pki/pki-vault.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { exampleBody } from "../../kubernetes/testing/user-bodies.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import { SqliteStore } from "../../store/sqlite/sqlite-store.ts";
import type { Store } from "../../store/store.ts";
import { nodeScript } from "../../testing/node-script.ts";
import { patientAgent } from "../../testing/patient-agents.ts";
import { testOptions } from "../testing/scenario.ts";
import { testClusters } from "../testing/test-scheduler.ts";

const host = "10.124.142.224";
const executor = join(import.meta.dirname, "../testing/test-executor.ts");
const script = () => nodeScript(executor, containers());
const containers = () => join(directory, "containers");

/** Reservations carry this name, so it is the same over restarts. */
const name = `cke-${randomUUID()}`;
let directory: string;
let mesos: LocalMesos;
let store: Store;
let service: RunningClusterService | undefined;
let executorUrl: string;
const downloads = createServer((_request, response) => response.end(script()));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-framework-"));
  await mkdir(containers());
  await new Promise<void>((resolve) => downloads.listen(0, "127.0.0.1", resolve));
  const address = downloads.address();
  executorUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  mesos = await startMesos();
  store = await SqliteStore.open(join(directory, "cke.db"), silentLogger);
});

afterEach(async () => {
  await service?.stop();
  await mesos.stop({ unregister: true });
  await store.close();
  await new Promise((resolve) => downloads.close(resolve));
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

const agentResources = parseResources("cpus:16;mem:65536;disk:20000;ports:[31000-32000]");
const startMesos = () =>
  startLocalMesos({
    listen: "127.0.0.1:0",
    agents: [{ hostname: host, resources: agentResources, settings: patientAgent }],
    workDir: join(directory, "mesos"),
    logger: silentLogger,
  });

const startService = async (upgrade: Partial<SchedulerOptions> = {}) => {
  const detector = masterDetector(parseMasterAddress(mesos.masterAddress), {
    clock: systemClock,
    logger: silentLogger,
    secure: false,
  });
  service = testClusters({
    options: { ...testOptions, name, executorUrl, ...upgrade },
    store,
    pki: new PkiVault({ store, logger: silentLogger }),
    connect: (hooks) => new SchedulerConnection({ ...hooks, detector, clock: systemClock, logger: silentLogger }),
    clock: systemClock,
    logger: silentLogger,
  });
  await service.start();
  return service;
};

const status = async (clusters: RunningClusterService, wanted: string) =>
  await expect.poll(() => clusters.list()[0]?.status, { timeout: 120_000, interval: 50 }).toBe(wanted);

const incarnations = (clusters: RunningClusterService) =>
  clusters
    .state("my")
    .nodes.map(({ incarnation, processes }) => [incarnation, processes.map(({ pid }) => pid)] as const);

const hashesOf = (clusters: RunningClusterService) =>
  clusters
    .state("my")
    .nodes.map(({ config_hash, processes }) => [config_hash, ...processes.map((process) => process.config_hash)]);

/**
 * Milliseconds from the death of the first node's executor until its end is known, until the next launch, and until it
 * runs.
 */
const relaunchTimes = async (clusters: RunningClusterService, die: () => void) => {
  const node = () => clusters.state("my").nodes[0];
  const { incarnation = "" } = node() ?? {};
  const start = performance.now();
  const since = async (condition: () => boolean) => {
    while (!condition()) {
      if (performance.now() - start > 240_000) throw new Error(`the node is not launched again: ${node()?.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return Math.round(performance.now() - start);
  };
  die();
  const ended = await since(() => node()?.status === "failed" || node()?.incarnation !== incarnation);
  const launched = await since(() => !["", incarnation].includes(node()?.incarnation ?? ""));
  const running = await since(() => node()?.status === "running");
  return { ended, launched, running };
};

test("B10/upgrade: the example cluster comes up, survives restarts of Mesos and other flags and files of the scheduler, and is deleted", async () => {
  let clusters = await startService();
  await clusters.create(exampleBody());
  await status(clusters, "running");
  const before = incarnations(clusters);
  expect(clusters.state("my").plan.steps).toEqual([]);
  const hashes = hashesOf(clusters);

  await clusters.stop();
  await mesos.stop();
  mesos = await startMesos();
  const configurations = new Map([["1.40", sampleConfiguration("1.40")]]);
  clusters = await startService({ configurations, imagePath: "elsewhere", cfsQuota: true });
  await expect.poll(() => clusters.connected(), { timeout: 120_000 }).toBe(true);
  await status(clusters, "running");
  expect(incarnations(clusters)).toEqual(before);

  const pids = before.flatMap(([, list]) => list);
  const pace = new MachinePace();
  const { launched, ended } = await relaunchTimes(clusters, () => process.kill(pids[0] ?? 0, "SIGKILL"));
  const samples = await pace.take();
  await pace.stop();
  await status(clusters, "running");
  expect(clusters.state("my").nodes[0]?.failures).toBe(1);
  expect(pacedMs(launched - ended, samples)).toBeLessThan(1_000);
  const after = clusters.state("my").nodes.map(({ incarnation }) => incarnation);
  expect(after[0]).not.toBe(before[0]?.[0]);
  expect(hashesOf(clusters)).toEqual(hashes);
  expect(after.slice(1)).toEqual(before.slice(1).map(([incarnation]) => incarnation));

  await clusters.remove("my");
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
  expect((await store.list("")).map(({ key }) => key)).toEqual(["framework"]);
  expect(await readdir(containers())).toEqual([]);
});

test("a cluster that is deleted when executors are dead leaves no container, also over a restart of the scheduler", async () => {
  let clusters = await startService();
  await clusters.create(exampleBody());
  await status(clusters, "running");
  expect(await readdir(containers())).toHaveLength(3);
  const [first, second] = incarnations(clusters);
  process.kill(first?.[1][0] ?? 0, "SIGKILL");
  await clusters.remove("my");
  process.kill(second?.[1][0] ?? 0, "SIGKILL");
  await clusters.stop();
  clusters = await startService();
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
  expect(await readdir(containers())).toEqual([]);
  expect((await store.list("")).map(({ key }) => key)).toEqual(["framework"]);
});

test("a pod reaches its executor as one group, and is launched anew as one", async () => {
  const clusters = await startService();
  await clusters.create({ ...exampleBody(), pod: true });
  await status(clusters, "running");
  const groups = async () => {
    const files = await readdir(join(directory, "mesos"), { recursive: true });
    const texts = files.filter((file) => file.endsWith("/notes") && !file.includes("/latest/"));
    return await Promise.all(texts.map((file) => readFile(join(directory, "mesos", file), "utf8")));
  };
  expect(await groups()).toEqual(["group\n", "group\n", "group\n"]);
  const [first] = incarnations(clusters);
  process.kill(first?.[1][0] ?? 0, "SIGKILL");
  await expect.poll(() => incarnations(clusters)[0]?.[0], { timeout: 120_000 }).not.toBe(first?.[0]);
  await status(clusters, "running");
  expect(await groups()).toHaveLength(4);
  await clusters.remove("my");
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
  expect(await readdir(containers())).toEqual([]);
});

/** Resources that the agents have reserved dynamically. */
const reserved = async () => {
  const answer = await fetch(`http://${mesos.masterAddress}/api/v1`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "GET_AGENTS" }),
  });
  const { get_agents } = getAgents.parse(await answer.json());
  const all = get_agents.agents.flatMap(({ total_resources }) => total_resources);
  // The operator API uses the format from before reservation refinement.
  return all.filter(({ reservation }) => reservation !== undefined);
};
const getAgents = z.object({
  get_agents: z.object({ agents: z.array(z.object({ total_resources: z.array(resourceSchema) })) }),
});

test("B20: what is reserved stays over restarts of scheduler, master and agent, serves every launch, and is given back", async () => {
  let clusters = await startService();
  const nodes = ["m", "c"].map((node, index) => ({
    name: node,
    type: index === 0 ? "master" : "console",
    node_ip: `192.168.0.${80 + index}`,
    reservation: true,
  }));
  await clusters.create({ ...exampleBody(), kubenodes: nodes, ingresses: [] });
  await status(clusters, "running");
  await expect
    .poll(() => clusters.state("my").nodes.map(({ reservations }) => reservations.map(({ state }) => state)))
    .toEqual([["reserved"], ["reserved"]]);
  const before = await reserved();
  const cpus = clusters.state("my").nodes.reduce((sum, { total_res }) => sum + total_res.cpu, 0);
  expect(Resources.scalarOf(before, "cpus")).toBeCloseTo(cpus, 3);
  expect(new Set(before.map(({ role }) => role))).toEqual(new Set(["cke"]));

  await clusters.stop();
  await mesos.stop();
  mesos = await startMesos();
  clusters = await startService();
  await expect.poll(() => clusters.connected(), { timeout: 120_000 }).toBe(true);
  await status(clusters, "running");
  // The agent may register with the new master a moment later.
  await expect.poll(async () => Resources.equal(await reserved(), before), { timeout: 120_000 }).toBe(true);

  await relaunchTimes(clusters, () => process.kill(incarnations(clusters)[0]?.[1][0] ?? 0, "SIGKILL"));
  await status(clusters, "running");
  expect(Resources.equal(await reserved(), before)).toBe(true);

  await clusters.remove("my");
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
  expect(await reserved()).toEqual([]);
  expect((await store.list("")).map(({ key }) => key)).toEqual(["framework"]);
});

test("a stopped cluster runs nowhere, also under the next scheduler, and comes back with its keys when it is started", async () => {
  let clusters = await startService();
  await clusters.create(exampleBody());
  await status(clusters, "running");
  const keys = await store.list("pki/my/");
  const hosts = () => clusters.get("my").nodes.map(({ real_host, node_ip }) => [real_host, node_ip]);
  const before = hosts();
  await clusters.expect("my", undefined, "STOP", "");
  await status(clusters, "stopped");
  expect(await readdir(containers())).toEqual([]);

  await clusters.stop();
  clusters = await startService();
  await expect.poll(() => clusters.connected(), { timeout: 120_000 }).toBe(true);
  expect(clusters.list()[0]).toMatchObject({ expect: "STOP", status: "stopped" });
  await clusters.expect("my", undefined, "RUN", "");
  await status(clusters, "running");
  expect(hosts()).toEqual(before);
  expect(await store.list("pki/my/")).toEqual(keys);
  await clusters.remove("my");
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
  expect(await readdir(containers())).toEqual([]);
});

test("a process that says a mebibyte at a time harms nobody: everything is stored and acknowledged, other clusters go on", async () => {
  const clusters = await startService();
  const loud = { name: "etcd", type: "etcd", envs: { TEST_WORDS: "350000" } };
  const master = (ip: string, process: readonly unknown[]) => ({
    kubenodes: [{ name: "m", type: "master", host: "*", node_ip: ip, process }],
    ingresses: [],
  });
  await clusters.create({ ...exampleBody(), ...master("192.168.0.80", [loud]) });
  await clusters.create({
    ...exampleBody(),
    ...master("192.168.9.80", [{ name: "etcd", type: "etcd" }]),
    cluster_name: "quiet",
    network: "other",
  });
  await expect
    .poll(() => clusters.list().map((cluster) => [cluster.name, cluster.status]), { timeout: 120_000 })
    .toEqual([
      ["my", "running"],
      ["quiet", "running"],
    ]);
  const etcd = clusters.state("my").nodes[0]?.processes.find((process) => process.name === "etcd");
  expect(etcd?.reason).toMatch(/^first日+\[… \d+ bytes cut …\]日+last$/);
  expect(etcd?.last_output).toMatch(/^\[… \d+ bytes cut …\]日+last$/);
  expect(clusters.unwritable()).toBe("");
  expect(JSON.stringify((await store.get("units/my/m"))?.value).length).toBeLessThan(60_000);
  // Their ends arrive only after earlier updates were acknowledged.
  for (const name of ["my", "quiet"]) await clusters.remove(name);
  await expect.poll(() => clusters.list(), { timeout: 120_000 }).toEqual([]);
});

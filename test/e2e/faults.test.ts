// Kills at seeded moments, during and after the bring-up: the cluster comes up or stays up, no Kubernetes process is
// restarted, no task exists twice. Repeat a run with CKE_SEED=<printed seed>.
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { isUp } from "../../scripts/up/cluster/bring-up-view.ts";
import { sendSignal } from "../../scripts/up/daemon.ts";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { duplicateTasks } from "./mesos-master.ts";
import { seededRandom } from "./seeded-random.ts";
import { waitFor } from "./wait-for.ts";

const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);
const deployment = new Deployment({ name: "faults" });
const script = fileURLToPath(new URL("./cut-connections.py", import.meta.url));

beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

type Victim = "scheduler" | "executor" | "wrapper connection" | "agent";
const victims = ["scheduler", "executor", "wrapper connection", "agent"] as const;

/** Kills or cuts something, and starts again what the operator's supervisor (systemd) would start again. */
async function strike(victim: Victim): Promise<string> {
  if (victim === "scheduler" || victim === "agent") {
    const outageMs = random.between(0, 1_000);
    if (victim === "agent") return `pid ${await deployment.restartAgent(0, outageMs)}`;
    const pid = await deployment.scheduler.kill();
    await delay(outageMs);
    await deployment.startScheduler();
    return `pid ${pid}`;
  }
  const executors = deployment.executors();
  const pid = executors[random.between(0, Math.max(0, executors.length - 1))];
  if (pid === undefined) return "no executor yet";
  if (victim === "executor") sendSignal(pid, "SIGKILL");
  else return `${(await command("python3", [script, String(pid)])).trim()} connections of pid ${pid} cut`;
  return `pid ${pid}`;
}

async function settled(cluster: string): Promise<void> {
  const started = performance.now();
  await waitFor(
    "the cluster to be up and healthy",
    async () => {
      const state = await deployment.api.state(cluster);
      return (
        state !== undefined &&
        isUp(state) &&
        state.status === "running" &&
        (await deployment.agentTasksComplete(state)) &&
        deployment.executors().length === state.nodes.length
      );
    },
    () => deployment.words(),
  );
  console.log(`  settled after ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

const duringBringUp = 8;
const afterBringUp = 12;

afterEach(async () => {
  for (const cluster of await deployment.api.clusters()) {
    await deployment.api.remove(cluster);
    await deployment.waitGone(cluster);
  }
});

test.each(Array.from({ length: duringBringUp }, (_, index) => index))("fault %d during the bring-up", async (index) => {
  const victim = victims[index % victims.length] ?? "scheduler";
  const cluster = clusterName("during");
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
  });
  const wait = random.between(100, 9_000);
  await delay(wait);
  const before = await kernelIdentities(deployment.label);
  console.log(`fault ${index}: ${victim} after ${wait} ms: ${await strike(victim)}`);
  await settled(cluster);
  const after = await kernelIdentities(deployment.label);
  for (const [name, identity] of Object.entries(before)) expect([name, after[name]]).toEqual([name, identity]);
  expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
});

test("faults after the bring-up", async () => {
  const cluster = clusterName("after");
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
  });
  await deployment.waitUp(cluster);
  const kernel = await kernelIdentities(deployment.label);
  expect(Object.keys(kernel).length).toBeGreaterThanOrEqual(8);
  for (let index = 0; index < afterBringUp; index += 1) {
    const victim = victims[index % victims.length] ?? "scheduler";
    await delay(random.between(0, 1_500));
    console.log(`fault ${duringBringUp + index}: ${victim}: ${await strike(victim)}`);
    await delay(1_000); // a later effect of the fault must show too
    await settled(cluster);
    expect(await kernelIdentities(deployment.label)).toEqual(kernel);
    expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
  }
  const state = await deployment.api.state(cluster);
  if (state === undefined) throw new Error("the cluster is gone");
  for (const [name, identity] of Object.entries(processIdentities(state)))
    expect([name, identity]).toEqual([name, expect.stringContaining("restarts 0")]);
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
});

// A cluster comes up, is hurt and is deleted while the machine has no time for it: slower, never wrong, nothing thrown away.
// Seeded (CKE_SEED=<seed printed>); ends by itself after an hour at the latest. Needs what `main.ts prepare` makes.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isUp } from "../../scripts/up/bring-up-view.ts";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/stage.ts";
import { Deployment, prepared, waitFor } from "../e2e/deployment.ts";
import { kernelIdentities } from "../e2e/kernel-identities.ts";
import { duplicateTasks } from "../e2e/mesos-tasks.ts";
import { seededRandom } from "../e2e/seeded-random.ts";
import { Starvation } from "./starvation.ts";
import { disturbed, replaced, sightSchema } from "./undisturbed.ts";

const limitMs = 3_600_000;
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);
const cluster = "starved";
// CKE's own programs weigh a tenth of what others do; its containers are outweighed by the loops'.
const deployment = new Deployment({ name: "starved", nice: 10 });
const starvation = new Starvation(deployment.framework, prepared().image);

/** Container ids that were seen, by node. */
const seen = new Map<string, Set<string>>();
const containerKills = new Map<string, number>();
/** Nodes and processes that were killed, and may say so. */
const killed = new Set<string>();
let watching = true;

const containers = async () =>
  (await command("docker", ["ps", "-a", "--no-trunc", "--filter", deployment.label, "--format", "{{.Names}} {{.ID}}"]))
    .split("\n")
    .filter(Boolean)
    .map((line) => line.replace(`cke-${cluster}-`, "").split(" "));

async function watchContainers(): Promise<void> {
  while (watching) {
    for (const [node = "", id = ""] of await containers()) seen.set(node, (seen.get(node) ?? new Set()).add(id));
    await delay(1_000);
  }
}

const sight = async () =>
  sightSchema.parse(await (await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}/state`)).json());

const blows = ["executor", "scheduler", "process", "container"] as const;
type Blow = (typeof blows)[number];

/** Kills one thing; gives what it was. */
async function strike(blow: Blow): Promise<string> {
  switch (blow) {
    case "scheduler": {
      const pid = deployment.scheduler.pid();
      if (pid === undefined) throw new Error("no scheduler runs");
      process.kill(pid, "SIGKILL");
      await waitFor("the scheduler to be dead", 60_000, async () => deployment.scheduler.pid() === undefined);
      await deployment.startScheduler();
      return `pid ${pid}`;
    }
    case "executor": {
      const executors = deployment.executors();
      const pid = executors[random.between(0, Math.max(0, executors.length - 1))];
      if (pid === undefined) return "there is none yet";
      const node = deployment.nodeOfExecutor(pid);
      killed.add(node);
      process.kill(pid, "SIGKILL");
      return `pid ${pid} of ${node}`;
    }
    case "process": {
      killed.add("master/kube-controller-manager").add("master/controller-manager");
      return command("docker", [
        "exec",
        `cke-${cluster}-master`,
        "pkill",
        "-KILL",
        "-f",
        "^[^ ]*kube-controller-manager",
      ]);
    }
    case "container": {
      killed.add("node0");
      containerKills.set("node0", 1);
      return command("docker", ["kill", `cke-${cluster}-node0`]);
    }
  }
}

/** Waits until all is well again and checks that nothing else was touched. */
async function settled(): Promise<void> {
  const started = performance.now();
  await waitFor(
    "the cluster to be up and healthy",
    600_000,
    async () => {
      const state = await deployment.api.state(cluster).catch(() => undefined);
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
  console.log(`  settled after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  expect(disturbed(await sight(), killed)).toEqual([]);
  expect(replaced(seen, containerKills)).toEqual([]);
  expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
}

beforeAll(async () => {
  const loops = await starvation.start(limitMs / 1000);
  console.log(`${loops} busy loops`);
  await deployment.start();
  void watchContainers();
}, limitMs);
afterAll(async () => {
  watching = false;
  await starvation.stop();
  await deployment.stop();
}, limitMs);

test("a starved cluster comes up, survives blows, and is deleted without a trace", { timeout: limitMs }, async () => {
  const body = exampleCluster(deployment.prefix, deployment.publishedPort);
  await deployment.api.create({ ...body, cluster_name: cluster, network: deployment.network });
  for (const blow of ["scheduler", "executor"] as const) {
    await delay(random.between(5_000, 40_000));
    const before = await kernelIdentities(deployment.label);
    console.log(`during the bring-up: ${blow}: ${await strike(blow)}`);
    const after = await kernelIdentities(deployment.label);
    for (const [name, identity] of Object.entries(before)) expect([name, after[name]]).toEqual([name, identity]);
  }
  console.log(`up after ${((await deployment.waitUp(cluster)) / 1000).toFixed(0)} s more`);
  await settled();

  for (const blow of random.shuffled(blows)) {
    const before = await kernelIdentities(deployment.label);
    console.log(`${blow}: ${(await strike(blow)).trim()}`);
    await delay(3_000); // what a blow breaks later must show, too
    await settled();
    const after = await kernelIdentities(deployment.label);
    const hurt = (name: string) =>
      (blow === "container" && name.includes("node0")) || (blow === "process" && name.includes("controller"));
    for (const [name, identity] of Object.entries(before))
      if (!hurt(name)) expect([name, after[name]]).toEqual([name, identity]);
  }

  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster, 600_000);
  await waitFor("executors to end", 120_000, async () => deployment.executors().length === 0);
  expect(await deployment.leftovers(cluster)).toEqual([]);
});

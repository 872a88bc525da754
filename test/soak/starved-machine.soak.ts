// A cluster comes up, parts of it are killed, and it is deleted, while the machine has no time for it. All of it may be
// slow, but nothing may be wrong and nothing may be thrown away. Seeded (CKE_SEED=<printed seed>); it ends after an
// hour at the latest. It needs what `main.ts prepare` makes.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isUp } from "../../scripts/up/cluster/bring-up-view.ts";
import { sendSignal } from "../../scripts/up/daemon.ts";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "../e2e/cluster-name.ts";
import { Deployment, prepared } from "../e2e/deployment.ts";
import { kernelIdentities } from "../e2e/identities/kernel-identities.ts";
import { duplicateTasks } from "../e2e/mesos-master.ts";
import { seededRandom } from "../e2e/seeded-random.ts";
import { waitFor } from "../e2e/wait-for.ts";
import { Starvation } from "./starvation.ts";
import { disturbed, replaced, type Sight, sightSchema } from "./undisturbed.ts";

const limitMs = 3_600_000;
const patienceMs = 600_000;
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);
const cluster = clusterName("starved");
// CKE's programs have a seventieth of the weight of other programs, and its containers less weight than the loops'
// container.
const deployment = new Deployment({ name: "starved", nice: 19 });
const starvation = new Starvation(deployment.framework, prepared().image);

/** Ids of all containers that were seen, by node. */
const seen = new Map<string, Set<string>>();
const containerKills = new Map<string, number>();
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

interface Struck {
  readonly words: string;
  /** Nodes and processes that the test has killed. */
  readonly killed: readonly string[];
}

/** Kills one thing and returns its name. */
async function strike(blow: Blow): Promise<Struck> {
  switch (blow) {
    case "scheduler": {
      const pid = await deployment.scheduler.kill();
      await deployment.startScheduler();
      return { words: `pid ${pid}`, killed: [] };
    }
    case "executor": {
      const executors = deployment.executors();
      const pid = executors[random.between(0, Math.max(0, executors.length - 1))];
      if (pid === undefined) return { words: "there is none yet", killed: [] };
      const node = deployment.nodeOfExecutor(pid);
      sendSignal(pid, "SIGKILL");
      return { words: `pid ${pid} of ${node}`, killed: [node] };
    }
    case "process": {
      const master = `cke-${cluster}-master`;
      const pattern = "^[^ ]*kube-controller-manager";
      const pid = (await command("docker", ["exec", master, "pgrep", "-o", "-f", pattern])).trim();
      await command("docker", ["exec", master, "kill", "-KILL", pid]);
      return { words: `pid ${pid} in ${master}`, killed: ["master/controller"] };
    }
    case "container": {
      containerKills.set("node0", (containerKills.get("node0") ?? 0) + 1);
      return { words: await command("docker", ["kill", `cke-${cluster}-node0`]), killed: ["node0"] };
    }
  }
}

/** Waits until all is well again and checks that only what was killed was touched. Returns the present state. */
async function recovered(before: Sight | undefined, killed: readonly string[]): Promise<Sight> {
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
    { limitMs: patienceMs },
  );
  console.log(`  recovered after ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const after = await sight();
  expect(disturbed(before, after, new Set(killed))).toEqual([]);
  expect(replaced(seen, containerKills)).toEqual([]);
  expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
  return after;
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
  const early: string[] = [];
  for (const blow of ["scheduler", "executor"] as const) {
    await delay(random.between(5_000, 60_000));
    const before = await kernelIdentities(deployment.label);
    const { words, killed } = await strike(blow);
    console.log(`during the bring-up: ${blow}: ${words}`);
    early.push(...killed);
    const after = await kernelIdentities(deployment.label);
    for (const [name, identity] of Object.entries(before)) expect([name, after[name]]).toEqual([name, identity]);
  }
  console.log(`up after ${((await deployment.waitUp(cluster)) / 1000).toFixed(0)} s more`);
  let known = await recovered(undefined, early);

  for (const blow of random.shuffled(blows)) {
    const before = await kernelIdentities(deployment.label);
    const { words, killed } = await strike(blow);
    console.log(`${blow}: ${words.trim()}`);
    await delay(3_000); // a later effect of the kill must show too
    known = await recovered(known, killed);
    const after = await kernelIdentities(deployment.label);
    // The kernel cuts names at 15 characters: "kube-controller".
    const hurt = (name: string) =>
      (blow === "container" && name.includes("node0")) || (blow === "process" && name.endsWith("/kube-controller"));
    for (const [name, identity] of Object.entries(before)) {
      if (hurt(name)) expect([name, after[name]]).not.toEqual([name, identity]);
      else expect([name, after[name]]).toEqual([name, identity]);
    }
  }

  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster, { limitMs: patienceMs });
  expect(await deployment.leftovers(cluster)).toEqual([]);
});

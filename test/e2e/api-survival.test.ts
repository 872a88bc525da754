// A cluster's API outlives any one of its masters: three masters on three agents. Containers of masters, agents and executors are killed
// in turn, while kubectl through the scheduler, a watch and a Service are used once a second. Repeat a run with
// CKE_SEED=<printed seed>; CKE_API_ROUNDS says how many rounds there are.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MachinePace, pacedMs } from "@cke/test-servers";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { z } from "zod";
import { isUp } from "../../scripts/up/cluster/bring-up-view.ts";
import { sendSignal } from "../../scripts/up/daemon.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { ApiProbes, probeEveryMs, probeNames } from "./api-probes.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment, prepared } from "./deployment.ts";
import { seededRandom } from "./seeded-random.ts";
import { waitFor } from "./wait-for.ts";
import { startPods, webPod } from "./workload.ts";

const rounds = Number(process.env.CKE_API_ROUNDS ?? 6);
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);

const cluster = clusterName("survives");
const masters = ["m1", "m2", "m3"] as const;
const victims = ["container", "agent", "executor"] as const;
const deployment = new Deployment({ name: "survival", agents: 3 });
/** On an idle machine, and where the answers themselves take no time. */
const longestGapMs = 3_000;
/** How long the probes are watched before each strike, for what their answers take then: no more than the bar itself is subtracted. */
const quietMs = 4_000;
let pace: MachinePace | undefined;
let broken = false;
let probes: ApiProbes | undefined;

const manifest = `${webPod}apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;

const ask = async (path: string) =>
  await (
    await fetch(`${deployment.url}/k8s/v1/clusters/${cluster}${path}`, { signal: AbortSignal.timeout(60_000) })
  ).text();

/** By way of the scheduler. */
function kubectl(...args: string[]): Promise<string> {
  return command(join(prepared().binaries, "kubectl"), [
    "--kubeconfig",
    join(deployment.directory, "kubeconfig"),
    ...args,
  ]);
}

async function settled(): Promise<void> {
  await waitFor(
    "the cluster to be well again",
    async () => {
      const state = await deployment.api.state(cluster);
      if (state === undefined || !isUp(state) || state.status !== "running") return false;
      return (await deployment.agentTasksComplete(state)) && deployment.executors().length === state.nodes.length;
    },
    () => deployment.words(),
  );
}

/** Of all pods: name, identity, restarts. */
async function pods(): Promise<string> {
  const path =
    '{range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[*].restartCount}{"\\n"}{end}';
  return await waitFor("the list of pods", () => kubectl("get", "pods", "-A", "-o", `jsonpath=${path}`));
}

beforeAll(async () => {
  await deployment.start();
  await deployment.api.create({
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      ...masters.map((name, index) => ({
        name,
        type: "master",
        host: `agent-${index + 1}`,
        node_ip: `${deployment.prefix}.${10 + index}`,
      })),
      { name: "node0", type: "node", host: "agent-1", node_ip: `${deployment.prefix}.20` },
    ],
  });
  await deployment.waitUp(cluster);
  writeFileSync(join(deployment.directory, "kubeconfig"), await ask("/kubeconfig?via=scheduler"), { mode: 0o600 });
  await startPods(deployment, cluster, manifest, "web");
  await waitFor(
    "CoreDNS",
    async () =>
      Number(
        await kubectl("-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.status.readyReplicas}"),
      ) > 0,
  );
  const port = (await kubectl("get", "service", "web", "-o", "jsonpath={.spec.ports[0].nodePort}")).trim();
  const { AdminToken } = z.object({ AdminToken: z.string() }).parse(JSON.parse(await ask("/adminToken")));
  probes = new ApiProbes({
    kubectl,
    api: `${deployment.url}/k8s/v1/clusters/${cluster}/apiserver`,
    authorization: `Bearer ${AdminToken}`,
    service: `http://${deployment.prefix}.20:${port}/`,
  });
  await probes.start();
  pace = new MachinePace();
  await waitFor("all to answer", async () => {
    const { kubectl: got, watch, service } = probes?.gaps ?? {};
    return [got, watch, service].every((gaps) => (gaps?.successes ?? 0) > 2);
  });
});
afterAll(async () => {
  await pace?.stop();
  await probes?.stop();
  await deployment.stop();
});

/** Kills something. Returns its name, and what tells that another one is in its place. */
async function strike(victim: (typeof victims)[number]): Promise<readonly [string, () => Promise<boolean>]> {
  if (victim === "container") {
    const name = `cke-${cluster}-${random.pick(masters)}`;
    const id = async () => (await command("docker", ["inspect", "--format", "{{.Id}}", name])).trim();
    const killed = await id();
    await command("docker", ["kill", "--signal=KILL", name]);
    return [name, async () => (await id()) !== killed];
  }
  if (victim === "agent") {
    const index = random.between(0, 2);
    await deployment.restartAgent(index, random.between(0, 2_000));
    return [`agent-${index + 1}`, async () => true];
  }
  const [pid] = random.shuffled(deployment.executors());
  if (pid === undefined) throw new Error("no executor runs");
  const node = deployment.nodeOfExecutor(pid);
  sendSignal(pid, "SIGKILL");
  const replaced = async () =>
    deployment.executors().some((other) => other !== pid && deployment.nodeOfExecutor(other) === node);
  return [node, replaced];
}

test.each(Array.from({ length: rounds }, (_, index) => index))("round %d", async (index) => {
  if (probes === undefined || pace === undefined) throw new Error("there is no cluster to strike at");
  if (broken) throw new Error("an earlier round has failed: what it left is not struck");
  onTestFailed(() => {
    broken = true;
  });
  const before = await pods();
  probes.take();
  await delay(quietMs);
  const quiet = probes.take();
  await pace.take();
  const victim = victims[index % victims.length] ?? "container";
  const started = performance.now();
  const [name, replaced] = await strike(victim);
  await waitFor(`another ${victim} in place of ${name}`, replaced, () => deployment.words());
  await settled();
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const gaps = probes.take();
  const machine = await pace.take();
  const errors = probes.takeErrors();
  const figures = probeNames.map((probe) => {
    const slowAnswersMs = Math.min(longestGapMs, Math.max(0, quiet[probe] - probeEveryMs));
    const counted = pacedMs(gaps[probe] - slowAnswersMs, machine);
    return {
      probe,
      counted,
      words: `${probe} ${gaps[probe]} ms (${quiet[probe]} before, ${Math.round(counted)} counted)`,
    };
  });
  const words = figures.map((figure) => figure.words).join(", ");
  console.log(`round ${index}: kill -9 of ${victim} ${name}; well after ${seconds} s; longest gaps ${words}`);
  if (probeNames.some((probe) => gaps[probe] > longestGapMs)) console.log(errors.join("\n"));
  // What the answers took before, and other programs of this machine, are no gaps.
  for (const { counted, words } of figures)
    expect(counted, `no answer for long: ${words}; errors: ${errors.join("\n")}`).toBeLessThanOrEqual(longestGapMs);
  expect(await pods()).toBe(before);
});

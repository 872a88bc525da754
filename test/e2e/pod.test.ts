// A cluster of pods with real parts: each node is one Mesos task group. Its executor is killed, its agent is drained,
// it is deleted.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { sendSignal } from "../../scripts/up/daemon.ts";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { processIdentities } from "./identities/process-identities.ts";
import { duplicateTasks } from "./mesos-master.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "pod" });
const cluster = clusterName("pods");
const state = async () => {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
};
const volumes = async () =>
  (await command("docker", ["volume", "ls", "--format", "{{.Name}}", "--filter", deployment.label]))
    .split("\n")
    .filter(Boolean)
    .sort();
const containers = async () => await command("docker", ["ps", "-aq", "--filter", deployment.label]);
const agentsSchema = z.object({
  get_agents: z.object({
    agents: z.array(
      z.object({
        agent_info: z.object({ id: z.object({ value: z.string() }) }),
        drain_info: z.object({ state: z.string() }).optional(),
      }),
    ),
  }),
});
const agent = async () => agentsSchema.parse(JSON.parse(await deployment.operator("GET_AGENTS"))).get_agents.agents[0];

/** True when all of it runs, for CKE and for the master. */
const allRunning = () =>
  waitFor(
    "the cluster to be up and healthy",
    async () => {
      const now = await state();
      return (
        now.status === "running" &&
        deployment.executors().length === now.nodes.length &&
        (await deployment.agentTasksComplete(now))
      );
    },
    () => deployment.words(),
  );

beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

test("a cluster of pods comes up", async () => {
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
    pod: true,
  });
  console.log(`POST -> all phases done: ${((await deployment.waitUp(cluster)) / 1000).toFixed(1)} s`);
  await allRunning();
  await deployment.kubectl(cluster, ["create", "configmap", "before", "--from-literal=word=kept"]);
});

test("a pod whose executor dies is launched as a whole again, adopts its container and restarts nothing in it", async () => {
  const before = processIdentities(await state());
  const kernel = await kernelIdentities(deployment.label);
  const incarnations = (await deployment.mesosTasks()).map(({ id }) => id);
  for (const pid of deployment.executors()) sendSignal(pid, "SIGKILL");
  await waitFor("every task to be launched again", async () => {
    const live = (await deployment.mesosTasks()).filter(({ state: now }) => now === "TASK_RUNNING");
    return live.length > 0 && live.every(({ id }) => !incarnations.includes(id));
  });
  await allRunning();
  expect(await kernelIdentities(deployment.label)).toEqual(kernel);
  await expect.poll(async () => processIdentities(await state())).toEqual(before);
  expect(duplicateTasks(await deployment.mesosTasks())).toEqual([]);
});

test("draining the agent stops the pods and takes no data: reactivated, the cluster is what it was", async () => {
  const agent_id = (await agent())?.agent_info.id;
  const made = await volumes();
  expect(made.some((name) => name.includes("etcd"))).toBe(true);
  await deployment.operator("DRAIN_AGENT", { agent_id });
  await waitFor("the executors to end", async () => deployment.executors().length === 0);
  expect(await containers()).toBe("");
  expect(await volumes()).toEqual(made);
  // The agent stays DRAINING until the end of every task is acknowledged. Until then Mesos refuses to reactivate it.
  await waitFor("the agent to be drained", async () => (await agent())?.drain_info?.state === "DRAINED");
  await deployment.operator("REACTIVATE_AGENT", { agent_id });
  await deployment.waitUp(cluster);
  await allRunning();
  expect(await volumes()).toEqual(made);
  const word = await deployment.kubectl(cluster, ["get", "configmap", "before", "-o", "jsonpath={.data.word}"]);
  expect(word).toBe("kept");
});

test("delete leaves nothing", async () => {
  const started = performance.now();
  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  console.log(`DELETE -> gone: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  expect(await deployment.leftovers(cluster)).toEqual([]);
  expect(await deployment.api.clusters()).toEqual([]);
});

// A container runs on when its executor dies. A stop that comes then, or just before, ends it all the same: another executor is
// launched on that host for it, and nothing is called stopped before that one has said that nothing runs.
import { type KubeNodeTask, TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";
import { Partition } from "../testing/scenarios/partition.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "w", type: "node", node_ip: "10.0.0.2" },
];
const killed = { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_TERMINATED" } as const;

/** A master and a worker that run on `a`. */
async function running<Kind extends Scenario>(s: Kind): Promise<Kind> {
  await s.start();
  for (const hostname of ["a", "b"]) s.mesos.addAgent(hostname);
  await s.clusters.create(smallBody({ nodes }));
  for (let round = 0; round < 3; round += 1) {
    await s.offer("a");
    for (const { name } of nodes) await s.running("small", name);
  }
  await s.seconds(2);
  return s;
}

/** The executor is killed: its tasks end by the word of Mesos. */
async function dies(s: Scenario, node: string): Promise<void> {
  s.mesos.failExecutor(s.task("small", node).executorId, "TASK_FAILED", killed);
  await settle();
}

function launchedNode(s: Scenario, node: string): KubeNodeTask | undefined {
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(s.task("small", node).info.data ?? "", "base64")));
  return task?.kind === "kubeNode" ? task.value : undefined;
}

/** The executor that came to end the node is there, and gets its kill. */
async function ready(s: Scenario, node: string): Promise<void> {
  s.mesos.update(s.id("small", node), "TASK_RUNNING", { healthy: true, data: nodeReport("engine") });
  await settle();
  await s.seconds(8);
}

const viewOf = (s: Scenario, node: string) => s.clusters.get("small").nodes.find(({ name }) => name === node);
const stateOf = (s: Scenario, node: string) => s.clusters.state("small").nodes.find(({ name }) => name === node);
const containers = (s: Scenario) => [...s.mesos.hosts.containers];

test.each([
  ["before the stop", true],
  ["after the stop, before it has ended anything", false],
])("a worker whose executor is killed %s", async (_title, before) => {
  const s = await running(new Scenario());
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined;
  if (before) await dies(s, "w");
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(1);
  if (!before) await dies(s, "w");
  s.mesos.onKill = onKill;
  await s.seconds(10);
  expect(containers(s)).toContain("a small/w");
  expect(viewOf(s, "w")?.status).toBe("killing");
  expect(stateOf(s, "w")?.reason).toContain("its executor on a ended without a word");
  expect(s.clusters.pending("small")).toMatchObject([{ node: "w", step: "clean-up-unit" }]);
  await s.offer("b");
  expect(s.launched("small", "w")).toEqual([]);

  await s.offer("a");
  expect(s.launched("small", "w")).toEqual(["node"]);
  expect(launchedNode(s, "w")).toMatchObject({ endOnKill: true, removeOnKill: false, volumes: [], secrets: [] });
  // A kill that came before its executor would end nothing.
  await s.seconds(5);
  expect(viewOf(s, "w")?.status).toBe("killing");
  await ready(s, "w");
  expect(containers(s)).toEqual(["a small/m"]);
  expect([...s.mesos.hosts.volumes]).toEqual(["a small/m", "a small/w"]);
  expect(viewOf(s, "w")?.status).toBe("killed");
  expect(stateOf(s, "w")).toMatchObject({ reason: "it is not to run (expect)", failure: null, failures: 0 });
  expect(s.clusters.pending("small")).toEqual([]);
  await s.offer("a");
  expect(s.launched("small", "w")).toEqual([]);

  await s.clusters.expect("small", "w", "RUN", "");
  await s.offer("a");
  expect(s.launched("small", "w")).toContain("kubelet");
  expect(launchedNode(s, "w")).toMatchObject({ endOnKill: false });
  expect(s.mesos.violations).toEqual([]);
});

test("a cluster: its masters stop after the worker, which is ended by another executor; a restart of the scheduler changes nothing", async () => {
  const s = await running(new Scenario());
  await dies(s, "w");
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(8);
  expect(s.launched("small", "m")).toContain("etcd");
  expect(s.clusters.get("small")).toMatchObject({
    status: "stopping",
    status_reason: "m: still on a; w: may still run on a, where an executor is to end it",
  });
  await s.restart();
  await s.seconds(8);
  await dies(s, "m");
  await s.offer("a");
  await ready(s, "w");
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopping");
  await s.offer("a");
  await ready(s, "m");
  await s.seconds(8);
  expect(s.clusters.get("small")).toMatchObject({ status: "stopped", status_reason: "" });
  expect(s.clusters.state("small").plan.workload).toBeNull();
  expect([s.mesos.live(), containers(s)]).toEqual([[], []]);
});

test("an executor that dies too, or cannot end it, is followed by another one", async () => {
  const s = await running(new Scenario());
  await dies(s, "w");
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(5);
  await s.offer("a");
  await dies(s, "w");
  await s.seconds(70);
  expect(viewOf(s, "w")?.status).toBe("killing");
  await s.offer("a");
  s.mesos.update(s.id("small", "w"), "TASK_FAILED", { data: nodeReport("engine") });
  await s.seconds(5);
  expect(viewOf(s, "w")?.status).toBe("killing");
  await s.seconds(70);
  await s.offer("a");
  await ready(s, "w");
  expect(viewOf(s, "w")?.status).toBe("killed");
  expect(containers(s)).toEqual(["a small/m"]);
});

test("a node that went elsewhere meanwhile is ended on both hosts", async () => {
  const s = await running(new Scenario());
  await dies(s, "w");
  await s.seconds(200);
  await s.offer("b");
  await s.running("small", "w");
  expect(containers(s)).toEqual(["a small/m", "a small/w", "b small/w"]);
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(8);
  expect(containers(s)).toEqual(["a small/m", "a small/w"]);
  expect(viewOf(s, "w")?.status).toBe("killing");
  await s.offer("a");
  await ready(s, "w");
  expect(viewOf(s, "w")?.status).toBe("killed");
  expect(containers(s)).toEqual(["a small/m"]);
});

test("an earlier one on an agent out of reach is not called stopped", async () => {
  const s = await running(new Partition());
  await s.lose("a");
  await s.seconds(605);
  await s.offer("b");
  for (const { info } of s.tasksOf("small", "w").filter(({ agentId }) => agentId === "S-b"))
    s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(20);
  expect(viewOf(s, "w")?.status).toBe("killing");
  expect(s.clusters.get("small").status_reason).toContain("w: an earlier one may still run on a");
  await s.returns();
  await s.seconds(6);
  expect(viewOf(s, "w")?.status).toBe("killed");
});

test("a start that is asked for meanwhile adopts it where it runs", async () => {
  const s = await running(new Scenario());
  await dies(s, "w");
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(5);
  await s.clusters.expect("small", "w", "RUN", "");
  await s.offer("a");
  expect(launchedNode(s, "w")).toMatchObject({ endOnKill: false });
  await s.running("small", "w");
  await s.seconds(2);
  expect(s.clusters.get("small").status).toBe("running");
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(8);
  expect(viewOf(s, "w")?.status).toBe("killed");
});

test("a stop ends when the agent is marked gone, also after a new scheduler", async () => {
  const s = await running(new Scenario());
  await dies(s, "w");
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(600);
  await s.restart();
  await s.seconds(600);
  expect(viewOf(s, "w")?.status).toBe("killing");
  s.mesos.goneAgents.add("S-a");
  await s.seconds(600);
  expect(viewOf(s, "w")?.status).toBe("killed");
  expect(s.clusters.pending("small")).toEqual([]);
});

test("an end that an executor has told itself leaves nothing to end", async () => {
  const s = await running(new Scenario());
  s.mesos.failExecutor(s.task("small", "w").executorId, "TASK_FAILED", { data: nodeReport("ready", "", "c1") });
  await settle();
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(5);
  expect(viewOf(s, "w")?.status).toBe("killed");
});

// Agents out of reach: masters wait for them, workers move after a grace, and what comes back twice is killed.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import type { Scenario, ScenarioOptions } from "../testing/scenario.ts";
import { Partition } from "../testing/scenarios/partition.ts";

const body = () => {
  const [m, n] = [
    { name: "m", type: "master", node_ip: "10.0.0.1" },
    { name: "n", type: "node", node_ip: "10.0.0.2" },
  ];
  return smallBody({ nodes: [m, n] });
};

const running = async (options: ScenarioOptions = {}) => {
  const s = new Partition(options);
  await s.start();
  s.mesos.addAgent("a");
  s.mesos.addAgent("b");
  await s.clusters.create(body());
  await s.offer("a");
  await s.running("small", "m");
  await s.running("small", "n");
  expect(s.clusters.get("small").status).toBe("running");
  expect([s.task("small", "m").agentId, s.task("small", "n").agentId]).toEqual(["S-a", "S-a"]);
  return s;
};
const recordOf = async (s: Scenario, node: string) =>
  unitRecordSchema.parse((await s.store.get(`units/small/${node}`))?.value);
const explanations = (s: Scenario) => s.clusters.state("small").plan.steps.map(({ explanation }) => explanation);

test("B13: a worker is launched elsewhere after the grace, and killed as a duplicate where it comes back; a master waits", async () => {
  const s = await running();
  const old = s.task("small", "n").executorId;
  const master = s.task("small", "m").executorId;
  await s.lose("a");
  await s.seconds(590);
  await s.offer("b");
  expect(s.mesos.executors.size).toBe(2);
  expect(explanations(s).join()).toContain("launched elsewhere 600 s after it was lost (-partition_grace)");
  await s.seconds(15);
  expect(s.mesos.suppressed).toBe(false);
  await s.offer("b");
  const fresh = s.mesos.live().filter(({ executorId }) => executorId.startsWith("cke.small.n.") && executorId !== old);
  expect(fresh.every(({ agentId }) => agentId === "S-b")).toBe(true);
  expect(fresh.length).toBeGreaterThan(1);
  expect((await recordOf(s, "n")).superseded.map(({ executorId }) => executorId)).toEqual([old]);
  for (const { info } of fresh) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await s.seconds(3_600);
  await s.offer("b");
  expect([...s.mesos.executors.values()].filter(({ agentId }) => agentId === "S-b")).toHaveLength(1);
  expect(s.callsOf("KILL")).toEqual([]);
  // Both are known over a restart of the scheduler.
  await s.restart();
  expect(s.callsOf("KILL")).toEqual([]);
  await s.returns();
  await s.seconds(6);
  expect(s.mesos.live().filter(({ executorId }) => executorId === old)).toEqual([]);
  expect(s.task("small", "n").agentId).toBe("S-b");
  expect(s.task("small", "m").executorId).toBe(master);
  expect(await recordOf(s, "n")).toMatchObject({ superseded: [], orphaned: [{ hostname: "a" }], home: "b" });
  expect([...s.mesos.hosts.containers].sort()).toEqual(["a small/m", "b small/n"]);
  // A partition is no order to remove data: what the worker had there stays until its cluster is deleted.
  expect([...s.mesos.hosts.volumes].sort()).toEqual(["a small/m", "a small/n", "b small/n"]);
});

test("B13: a master whose agent is marked gone while it is out of reach is launched elsewhere, and Mesos need not say so", async () => {
  const s = await running();
  await s.lose("a");
  await s.seconds(3_600);
  await s.offer("b");
  expect(s.launched("small", "m").length).toBeGreaterThan(0);
  expect(s.task("small", "m").agentId).toBe("S-a");
  for (const { info } of s.tasksOf("small", "m")) {
    const { task_id } = info;
    s.mesos.task(task_id.value).status = { task_id, state: "TASK_GONE_BY_OPERATOR" };
    s.mesos.gone.add(task_id.value);
  }
  await s.seconds(95);
  await s.offer("b");
  expect(s.task("small", "m").agentId).toBe("S-b");
});

test("B13: an agent that returns before another one fits: its node is simply well again", async () => {
  const s = await running();
  const before = s.task("small", "n").executorId;
  await s.lose("a");
  await s.seconds(700);
  await s.returns();
  await s.offer();
  expect(s.clusters.get("small").nodes.map(({ status }) => status)).toEqual(["running", "running"]);
  expect(s.task("small", "n").executorId).toBe(before);
  expect(s.callsOf("KILL")).toEqual([]);
});

test("B13: an agent that offers again before it says what it runs gets no second incarnation", async () => {
  const s = await running();
  await s.lose("a");
  await s.seconds(700);
  await s.offer("a");
  expect(s.mesos.executors.size).toBe(2);
  expect(explanations(s).join()).toContain("may still run an earlier incarnation");
});

test("B13: -partition_grace=0 keeps a worker where it was", async () => {
  const s = await running({ options: { partitionGraceSeconds: 0 } });
  await s.lose("a");
  await s.seconds(7_200);
  await s.offer("b");
  expect(s.mesos.executors.size).toBe(2);
});

test("B13: the executor of a superseded incarnation died out of reach: its host is cleaned up when the cluster is deleted", async () => {
  const s = await running();
  const old = s.task("small", "n").executorId;
  await s.lose("a");
  await s.seconds(600);
  await s.offer("b");
  for (const { info, executorId } of s.mesos.live())
    if (executorId === old) s.mesos.update(info.task_id.value, "TASK_FAILED", { reason: "REASON_EXECUTOR_TERMINATED" });
  await s.seconds(1);
  expect(await recordOf(s, "n")).toMatchObject({ superseded: [], orphaned: [{ hostname: "a" }] });
});

test("B13: a cluster is deleted although incarnations are out of reach; they are killed with their data when they come back", async () => {
  const s = await running();
  const old = s.task("small", "n").executorId;
  const master = s.task("small", "m").executorId;
  await s.lose("a");
  await s.seconds(600);
  await s.offer("b");
  await s.clusters.remove("small");
  await s.seconds(1_500);
  expect(s.clusters.list()).toEqual([]);
  // Remembered, also by another scheduler: should they come back, they are to go with their data.
  expect(await s.keys()).toEqual(["framework", `removals/${master}`, `removals/${old}`]);
  await s.restart();
  await s.returns();
  await s.seconds(6);
  expect(s.mesos.live()).toEqual([]);
  expect([...s.mesos.hosts.containers, ...s.mesos.hosts.volumes]).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
});

test("B13: a cluster that is created while an earlier one of its name may still run somewhere is told so, until it ended", async () => {
  const s = await running();
  const told = async () => {
    await s.clusters.create(body());
    const lines = logLines(s.clusters.log("small"));
    await s.clusters.remove("small");
    await s.seconds(5);
    expect(s.clusters.list()).toEqual([]);
    return lines.filter((line) => line.includes("may still run on a")).length;
  };
  await s.lose("a");
  await s.clusters.remove("small");
  await s.seconds(1_500);
  await s.restart();
  expect(await told()).toBe(2);
  await s.returns();
  await s.seconds(6);
  expect(await told()).toBe(0);
});

test("B13: what runs and is in no record, with nothing that says it was deleted, is killed and keeps its data", async () => {
  const s = await running();
  // As after a store was restored from a backup of before the cluster.
  await s.restart(new MemoryStore());
  for (const { info } of s.mesos.live()) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await s.seconds(6);
  expect(s.mesos.live()).toEqual([]);
  expect([...s.mesos.hosts.volumes].sort()).toEqual(["a small/m", "a small/n"]);
});

test("B13: a task that was LOST and comes back to life is well again", async () => {
  const s = await running();
  const kubelet = s.id("small", "n", "kubelet");
  s.mesos.update(kubelet, "TASK_LOST");
  await settle();
  expect(s.clusters.get("small").status).not.toBe("running");
  s.mesos.update(kubelet, "TASK_RUNNING", { healthy: true, data: s.healthyReport("kubelet") });
  await s.seconds(2);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.callsOf("KILL")).toEqual([]);
});

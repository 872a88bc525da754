// A unit is replaced: another instance of it begins without waiting for what is out of reach, and what comes back is
// removed there.
import { type KubeNodeTask, TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { DyingAt } from "../testing/dying-store.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport } from "../testing/scenario.ts";
import { Partition } from "../testing/scenarios/partition.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "n", type: "node", node_ip: "10.0.0.2" },
];

async function running(store: Store = new MemoryStore()): Promise<Partition> {
  const s = new Partition({ store });
  await s.start();
  for (const agent of ["a", "b"]) s.mesos.addAgent(agent);
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  for (const { name } of nodes) await s.running("small", name);
  expect(s.clusters.get("small").status).toBe("running");
  return s;
}

async function replace(s: Partition, unit: string): Promise<void> {
  const { framework } = s.scheduler;
  await framework.change(async () => {
    const workload = framework.parts.ledger.workload("small");
    if (workload === undefined) throw new Error("no cluster");
    const stages = [{ name: "replace", action: "replace", units: [unit] }];
    const plan = newWorkloadPlan(
      "replace",
      stages,
      { sinceMs: s.clock.now(), by: "" },
      { id: "p1", options: { instance: "next" } },
    );
    await framework.parts.ledger.commit({
      workload: withPlans(workload, [plan], { workload: "cluster", unit: "node", stateful: "masters", keeps: "data" }),
    });
  });
  await settle();
}

const recordOf = async (s: Partition, unit: string) =>
  unitRecordSchema.parse((await s.store.get(`units/small/${unit}`))?.value);
const agentsOf = (s: Partition, unit: string) => [...new Set(s.tasksOf("small", unit).map(({ agentId }) => agentId))];

test.each(["n", "m"])(
  "%s is out of reach: another instance begins at once elsewhere, and the old one is removed when it is back",
  async (unit) => {
    const s = await running();
    const old = s.task("small", unit).executorId;
    await s.lose("a");
    await replace(s, unit);
    await s.offer("b");
    await s.seconds(1);
    const fresh = s.mesos
      .live()
      .filter(({ executorId }) => executorId.startsWith(`cke.small.${unit}.`) && executorId !== old);
    expect(fresh.length).toBeGreaterThan(1);
    expect(new Set(fresh.map(({ agentId }) => agentId))).toEqual(new Set(["S-b"]));
    for (const { info } of fresh) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
    await s.seconds(2);
    expect(s.clusters.state("small").plan.changes).toEqual([]);
    expect(await recordOf(s, unit)).toMatchObject({
      ...{ instance: "next", home: "b", superseded: [], failures: 0 },
      orphaned: [{ hostname: "a", instance: expect.stringMatching(/./) }],
    });
    expect(await s.keys()).toContain(`removals/${old}`);
    await s.restart();
    await s.returns();
    await s.seconds(20);
    expect(s.mesos.live().filter(({ executorId }) => executorId === old)).toEqual([]);
    expect(agentsOf(s, unit)).toContain("S-b");
    expect([...s.mesos.hosts.volumes]).not.toContain(`a small/${unit}`);
    expect([...s.mesos.hosts.volumes]).toContain(`b small/${unit}`);
    expect(await s.keys()).not.toContain(`removals/${old}`);
  },
);

test("what can be reached is ended first, with its data", async () => {
  const s = await running();
  const old = s.task("small", "n").executorId;
  const master = s.task("small", "m").executorId;
  await replace(s, "n");
  await s.seconds(5);
  expect(s.mesos.live().filter(({ executorId }) => executorId === old)).toEqual([]);
  expect([...s.mesos.hosts.volumes]).toEqual(["a small/m"]);
  await s.offer("b");
  await s.running("small", "n");
  expect(await recordOf(s, "n")).toMatchObject({ instance: "next", home: "b", orphaned: [] });
  expect(s.task("small", "m").executorId).toBe(master);
  expect(s.clusters.state("small").plan.changes).toEqual([]);
});

test("the agent is back before there is room elsewhere: the old one ends first, and never are there two", async () => {
  const s = await running();
  const old = s.task("small", "n").executorId;
  await s.lose("a");
  await replace(s, "n");
  await s.seconds(1);
  await s.returns();
  await s.seconds(1);
  await s.offer();
  await s.seconds(20);
  expect(s.mesos.live().filter(({ executorId }) => executorId === old)).toEqual([]);
  await s.offer();
  await s.running("small", "n");
  expect(await recordOf(s, "n")).toMatchObject({ instance: "next" });
  expect(s.mesos.violations).toEqual([]);
});

test("what is left on a host whose executor died goes when the cluster is deleted, by its own instance", async () => {
  const s = await running();
  const { instance } = await recordOf(s, "n");
  await s.lose("a");
  await replace(s, "n");
  await s.offer("b");
  await s.seconds(1);
  for (const { info, agentId } of s.mesos.live())
    if (agentId === "S-b") s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  await s.returns();
  await s.seconds(20);
  expect(await recordOf(s, "n")).toMatchObject({ orphaned: [{ hostname: "a", instance }] });
  await s.clusters.remove("small");
  for (let round = 0; round < 10 && s.clusters.list().length > 0; round += 1) {
    await s.seconds(5);
    await s.offer();
    for (const { info } of s.mesos.live()) s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true });
  }
  expect(s.clusters.list()).toEqual([]);
  // The last launch is the clean-up of the instance that was replaced.
  const last = JSON.stringify(s.callsOf("ACCEPT").at(-1));
  expect(last).toContain(`{"key":"cke.instance","value":"${instance}"}`);
  expect([...s.mesos.hosts.volumes]).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
});

function launchedNode(s: Partition, unit: string): KubeNodeTask | undefined {
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(s.task("small", unit).info.data ?? "", "base64")));
  return task?.kind === "kubeNode" ? task.value : undefined;
}

test.each(["a", "b"])(
  "a stop ends also the instance before, whose executor died on a, when the next one runs on %s",
  async (host) => {
    const s = await running();
    const { instance } = await recordOf(s, "n");
    await s.lose("a");
    await replace(s, "n");
    await s.returns();
    // Its executor has died meanwhile, before it was told that it is to remove its node.
    for (const { executorId } of s.tasksOf("small", "n").slice(0, 1))
      s.mesos.failExecutor(executorId, "TASK_FAILED", { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_TERMINATED" });
    await s.seconds(40);
    await s.offer(host);
    await s.running("small", "n");
    expect(agentsOf(s, "n")).toEqual([`S-${host}`]);
    await s.clusters.expect("small", undefined, "STOP", "");
    await s.seconds(10);
    expect(s.clusters.get("small").status).toBe("stopping");
    const ids = new Set<string>();
    for (let round = 0; round < 5; round += 1) {
      await s.offer("a");
      for (const { info, process, executorId } of s.tasksOf("small", "n")) {
        ids.add(executorId);
        expect(process).toBe("");
        expect(launchedNode(s, "n")).toMatchObject({ endOnKill: true, labels: { "cke.instance": instance } });
        s.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true, data: nodeReport("engine") });
      }
      await s.seconds(10);
    }
    expect([...ids]).toHaveLength(1);
    expect(s.clusters.get("small").status).toBe("stopped");
    // Its data goes when the cluster is deleted.
    expect((await recordOf(s, "n")).orphaned.map(({ hostname, instance: of }) => [hostname, of])).toContainEqual([
      "a",
      instance,
    ]);
  },
);

test("a stop launches nothing for an instance before whose executor came back and has ended it", async () => {
  const s = await running();
  await s.lose("a");
  await replace(s, "n");
  await s.offer("b");
  await s.running("small", "n");
  expect((await recordOf(s, "n")).orphaned).toMatchObject([{ hostname: "a", mayRun: { agentId: "S-a" } }]);
  await s.returns();
  await s.seconds(20);
  const [left] = (await recordOf(s, "n")).orphaned;
  expect(left).toMatchObject({ hostname: "a" });
  expect(left).not.toHaveProperty("mayRun");
  await s.clusters.expect("small", "n", "STOP", "");
  await s.seconds(10);
  expect(s.clusters.get("small").nodes.find(({ name }) => name === "n")?.status).toBe("killed");
});

test("a scheduler that dies before or after any commit of a replacement is followed by one that completes it", async () => {
  let commits = 0;
  for (let at = 1; at < 100; at += 1) {
    const dying = new DyingAt(at);
    const s = await running(dying.store);
    const old = s.task("small", "n").executorId;
    await s.lose("a");
    dying.arm();
    commits = dying.commit;
    await replace(s, "n").catch(() => undefined);
    await s.seconds(3);
    const died = dying.disarm();
    await s.restart(dying.inner);
    if ((await recordOf(s, "n")).instance !== "next" && s.clusters.state("small").plan.changes.length === 0)
      await replace(s, "n");
    await s.seconds(12);
    await s.offer("b");
    await s.seconds(1);
    expect((await recordOf(s, "n")).instance, dying.words).toBe("next");
    expect((await s.keys()).filter((key) => key.startsWith("removals/"))).toEqual([`removals/${old}`]);
    expect((await recordOf(s, "n")).launch?.agentId).toBe("S-b");
    if (!died) break;
  }
  expect(commits).toBeGreaterThan(3);
}, 120_000);

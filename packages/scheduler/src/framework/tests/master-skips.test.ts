// An operator gives up steps of a replacement: never does a master begin without a place in etcd, where it could found another one.
import { describe, expect, test } from "vitest";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { MastersScenario, masterBody } from "../testing/scenarios/masters.ts";

test("a founder whose join is given up founds nothing: it waits for another replacement", async () => {
  const s = await MastersScenario.cluster(3);
  await s.loseMaster("m2");
  await s.nodes.replace("small", "m2", "");
  // It leaves etcd, and another instance of it has not joined.
  for (let left = 20; left > 0 && !s.changes.some((one) => one.startsWith("join-etcd m2 going")); left -= 1)
    await s.seconds(1);
  await s.clusters.changePlan("small", "skip", { node: "m2" }, "");
  await s.settled(6);
  expect(s.clusters.state("small").plan.changes).toEqual([]);
  expect(s.tasksOf("small", "m2")).toEqual([]);
  const state = s.clusters.state("small").nodes.find(({ name }) => name === "m2");
  expect(state?.reason).toContain("has no place in etcd: ask for POST …/nodes/m2/replace");
  await s.nodes.replace("small", "m2", "");
  await s.settled(14);
  expect(s.etcd.harm).toEqual([]);
  expect(s.etcd.list).toBe("small-m1 small-m3 small-m2");
});

const peer = (last: number) => `https://10.0.0.${last}:2380`;

function isWell(s: MastersScenario): void {
  expect(s.etcd.harm).toEqual([]);
  expect(s.refused).toEqual([]);
  expect(s.etcd.hasMajority).toBe(true);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.clusters.state("small").plan.changes).toEqual([]);
}

/** The way out that the refusal of a replacement names: each step as `plan/skip {"node"}` of one master. */
async function skipsNamedBy(s: MastersScenario, node: string): Promise<readonly string[]> {
  const refusal = await s.nodes.replace("small", node, "").then(
    () => "",
    (error: unknown) => String(error),
  );
  return [...refusal.matchAll(/plan\/skip \{"node": "([^"]+)"\}/g)].map(([, name = ""]) => name);
}

describe("a master is lost while others are added", () => {
  test("one that was there: what is left of the addition is given up, the lost one is replaced, then the others join", async () => {
    const s = await MastersScenario.cluster(3);
    await s.nodes.add("small", [masterBody("m4", 4), masterBody("m5", 5)], "");
    await s.loseMaster("m2");
    await s.seconds(3);
    const skips = await skipsNamedBy(s, "m2");
    expect(skips).toEqual(["m4", "m5"]);
    for (const node of skips) await s.clusters.changePlan("small", "skip", { node }, "");
    await s.seconds(2);
    expect(s.clusters.state("small").plan.changes).toEqual([]);
    await s.nodes.replace("small", "m2", "");
    await s.settled(14);
    for (const node of ["m4", "m5"]) {
      const state = s.clusters.state("small").nodes.find(({ name }) => name === node);
      expect(state?.reason).toContain(`has no place in etcd: ask for POST …/nodes/${node}/replace`);
      await s.nodes.replace("small", node, "");
      await s.settled(14);
    }
    expect(s.etcd.list).toBe("small-m1 small-m3 small-m2 small-m4 small-m5");
    isWell(s);
  });

  test("the one that joins, as a learner: its join is given up, and it is replaced", async () => {
    const s = await MastersScenario.cluster(3);
    await s.nodes.add("small", [masterBody("m4", 4), masterBody("m5", 5)], "");
    await s.seconds(3);
    await s.offer("h4");
    await s.running("small", "m4");
    expect(s.etcd.changes).toEqual([`add ${peer(4)}`]);
    await s.loseMaster("m4");
    await s.seconds(3);
    const skips = await skipsNamedBy(s, "m4");
    expect(skips).toEqual(["m4", "m5"]);
    for (const node of skips) await s.clusters.changePlan("small", "skip", { node }, "");
    await s.seconds(2);
    await s.nodes.replace("small", "m4", "");
    await s.settled(14);
    await s.nodes.replace("small", "m5", "");
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m1 small-m2 small-m3 small-m4 small-m5");
    isWell(s);
  });

  test("one that has its vote already, and another one waits: only what waits is to be given up", async () => {
    const s = await MastersScenario.cluster(3);
    await s.nodes.add("small", [masterBody("m4", 4), { ...masterBody("m5", 5), host: "nowhere" }], "");
    await s.settled(10);
    await s.loseMaster("m1");
    await s.seconds(3);
    expect(await skipsNamedBy(s, "m1")).toEqual(["m5"]);
    await s.clusters.changePlan("small", "skip", { node: "m5" }, "");
    await s.seconds(2);
    await s.nodes.replace("small", "m1", "");
    await s.settled(14);
    expect(s.etcd.harm).toEqual([]);
    expect(s.etcd.hasMajority).toBe(true);
    // The learner of the one that was given up is gone, for etcd takes one at a time.
    expect(s.etcd.list).toBe("small-m2 small-m3 small-m4 small-m1");
  });
});

describe("a master is lost while others are to go", () => {
  const gentle = { force: false, drainSeconds: 600 };
  /** The plans wait until all that is asked for is asked for. */
  const whilePaused = async (s: MastersScenario, ask: () => Promise<unknown>) => {
    await s.clusters.changePlan("small", "pause", {}, "");
    await ask();
    await s.clusters.changePlan("small", "resume", {}, "");
    await s.seconds(5);
  };

  test("one that stays: the others stay too, the lost one is replaced, and then they go", async () => {
    const s = await MastersScenario.cluster(3);
    const before = s.tasksOf("small", "m2").map(({ info }) => info.task_id.value);
    await whilePaused(s, async () => {
      await s.nodes.remove("small", ["m2", "m3"], gentle, "");
      await s.loseMaster("m1");
    });
    expect(s.changes.join()).toContain("leave-etcd m2 going: without it 2 of 2 etcd members are needed and 1 answer");
    const skips = await skipsNamedBy(s, "m1");
    expect(skips).toEqual(["m2", "m3"]);
    for (const node of skips)
      expect(await s.clusters.changePlan("small", "skip", { node }, "")).toContain(`node "${node}" stays`);
    await s.seconds(2);
    expect(s.clusters.state("small").plan.changes).toEqual([]);
    expect(s.etcd.changes).toEqual([]);
    await s.nodes.replace("small", "m1", "");
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m2 small-m3 small-m1");
    expect(s.tasksOf("small", "m2").map(({ info }) => info.task_id.value)).toEqual(before);
    isWell(s);
    await s.nodes.remove("small", ["m2", "m3"], gentle, "");
    await s.until(() => s.isAtRest);
    expect([s.names, s.etcd.list]).toEqual(["m1 w", "small-m1"]);
    isWell(s);
  });

  test("one that is replaced stays as it is, with its data, also as a founder", async () => {
    const s = await MastersScenario.cluster(3);
    await whilePaused(s, async () => {
      await s.nodes.replace("small", "m2", "");
      await s.loseMaster("m1");
    });
    expect(await skipsNamedBy(s, "m1")).toEqual(["m2"]);
    await s.clusters.changePlan("small", "skip", { node: "m2" }, "");
    await s.seconds(2);
    const { instance } = await s.record("m2");
    // It ends by itself, and begins again with its data: nothing of the replacement is left.
    for (const { info } of s.tasksOf("small", "m2"))
      s.mesos.update(info.task_id.value, "TASK_FAILED", { reason: "REASON_EXECUTOR_TERMINATED" });
    await s.settled(4);
    expect((await s.record("m2")).instance).toBe(instance);
    await s.nodes.replace("small", "m1", "");
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m2 small-m3 small-m1");
    isWell(s);
  });

  test("a plan that an earlier version stored, whose stages say nothing of it, is given up in the same way", async () => {
    const s = await MastersScenario.cluster(3);
    const stages = [
      { name: "leave etcd", action: "leave-etcd", units: ["m2"], keeps: true },
      { name: "replace", action: "replace", units: ["m2"] },
      { name: "join etcd", action: "join-etcd", units: ["m2"] },
    ];
    const asked = { sinceMs: 1, by: "", begun: [], done: [], skipped: [] };
    const plan = { id: "old", goal: "replace", stages, options: { instance: "new" }, ...asked };
    await s.loseMaster("m1");
    const stored = workloadRecordSchema.parse((await s.store.get("workloads/small"))?.value);
    await s.store.commit([{ op: "put", key: "workloads/small", value: { ...stored, plans: [plan] } }]);
    await s.restart();
    await s.seconds(5);
    expect(await skipsNamedBy(s, "m1")).toEqual(["m2"]);
    expect(await s.clusters.changePlan("small", "skip", { node: "m2" }, "")).toContain('node "m2" stays');
    await s.seconds(2);
    await s.nodes.replace("small", "m1", "");
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m2 small-m3 small-m1");
    isWell(s);
  });

  test("one that has left etcd goes all the same, without its host; one whose turn has not come stays", async () => {
    const s = await MastersScenario.cluster(5);
    await s.loseMaster("m4");
    await s.nodes.remove("small", ["m4", "m5"], gentle, "");
    await s.seconds(20);
    expect(s.etcd.changes).toEqual(["remove small-m4"]);
    const skips = await skipsNamedBy(s, "m1");
    expect(skips).toEqual(["m5", "m4"]);
    expect(await s.clusters.changePlan("small", "skip", { node: "m5" }, "")).toContain('node "m5" stays');
    // Neither a retry of the cluster nor one of the node orders its removal again.
    for (const target of [{}, { node: "m5" }]) await s.clusters.changePlan("small", "retry", target, "");
    await s.seconds(2);
    const [change] = s.clusters.state("small").plan.changes;
    const left = change?.stages.flatMap(({ units }) => units).filter(({ unit }) => unit === "m5") ?? [];
    expect(left.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped"]);
    expect(left[0]?.reason).toContain("it stays");
    expect(await s.clusters.changePlan("small", "skip", { node: "m4" }, "")).toContain("is out of reach and given up");
    await s.until(() => s.isAtRest);
    expect([s.names, s.etcd.list]).toEqual(["m1 m2 m3 m5 w", "small-m1 small-m2 small-m3 small-m5"]);
    isWell(s);
  });
});

// Plans of single units: actions of the kind are carried out in order and once, a dead scheduler goes on at the same
// place, and a pause, a retry and a skip do what they say. No other unit is touched.
import { expect, test } from "vitest";
import type { NodeAction } from "../../kubernetes/steps/node-action.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import type { PlanActionOutcome } from "../../workload/kinds/plan-action.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { DyingAt } from "../testing/dying-store.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "w", type: "node", node_ip: "10.0.0.2" },
];
const stages = ["drain", "delete-object", "remove", "forget"].map((action) => ({ name: action, action, units: ["w"] }));

interface Stage {
  readonly store?: Store;
  /** What the next drains answer; "done" afterwards. */
  readonly drains?: (PlanActionOutcome | Error)[];
}

/** A master and a worker that run on `a`, and the actions that were asked for. */
async function running({ store = new MemoryStore(), drains = [] }: Stage = {}) {
  const asked: string[] = [];
  const action: NodeAction = async ({ action, unit }) => {
    asked.push(`${action} ${unit}`);
    const answer = action === "drain" ? drains.shift() : undefined;
    if (answer instanceof Error) throw answer;
    return answer ?? { state: "done" };
  };
  const s = await new Scenario({
    store,
    actions: new Map(["drain", "delete-object"].map((name) => [name, action])),
  }).start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ nodes }));
  for (let round = 0; round < 3; round += 1) {
    await s.offer();
    for (const { name } of nodes) await s.running("small", name);
  }
  return { s, asked };
}

async function remove(s: Scenario): Promise<void> {
  const { framework } = s.scheduler;
  await framework.change(async () => {
    const workload = framework.parts.ledger.workload("small");
    if (workload === undefined) throw new Error("no cluster");
    const asked = { sinceMs: s.clock.now(), by: "ann" };
    const plan = newWorkloadPlan("remove", stages, asked, { id: "p1" });
    await framework.parts.ledger.commit({
      workload: withPlans(workload, [plan], { workload: "cluster", unit: "node", stateful: "masters", keeps: "data" }),
    });
  });
  await settle();
}

const change = (s: Scenario) => s.clusters.state("small").plan.changes[0];
const names = (s: Scenario) => s.clusters.get("small").nodes.map(({ name }) => name);

test("a unit is drained, its object deleted, ended with its data, and leaves; the others run on", async () => {
  const { s, asked } = await running();
  const master = s.id("small", "m");
  await remove(s);
  await s.seconds(8);
  expect(asked).toEqual(["drain w", "delete-object w"]);
  expect(names(s)).toEqual(["m"]);
  expect(s.launched("small", "w")).toEqual([]);
  expect(s.id("small", "m")).toBe(master);
  expect([...s.mesos.hosts.volumes].filter((volume) => volume.includes("-w-"))).toEqual([]);
  // Only where it ran is still known.
  expect((await s.keys()).filter((key) => key.endsWith("/w"))).toEqual(["former-nodes/small/w"]);
  expect(change(s)).toBeUndefined();
  expect(s.clusters.get("small").status).toBe("running");
});

test("state says what a drain waits for; a failed one waits for a retry, which counts its time anew", async () => {
  const waits = { state: "waits", reason: "pod x/y is protected by z" } as const;
  const { s, asked } = await running({
    drains: [waits, new Error("no answer"), { state: "failed", reason: "it took too long" }],
  });
  await remove(s);
  await s.seconds(1);
  expect(change(s)).toMatchObject({
    ...{ goal: "remove", by: "ann", status: "going" },
    stages: [{ action: "drain", units: [{ unit: "w", status: "going", reason: waits.reason }] }, {}, {}, {}],
  });
  expect(s.clusters.get("small").nodes[1]).toMatchObject({ status: "killing", expect: "FINISHED" });
  await s.seconds(1);
  expect(change(s)?.stages[0]?.units[0]?.reason).toBe("no answer; it is tried again");
  await s.seconds(2);
  expect(change(s)).toMatchObject({ status: "failed", reason: "w: it took too long" });
  await s.seconds(120);
  expect(asked).toHaveLength(3);
  expect(s.launched("small", "w")).toContain("kubelet");
  await s.clusters.changePlan("small", "retry", { node: "w" }, "");
  await s.seconds(8);
  expect(names(s)).toEqual(["m"]);
});

test("a skip goes on without the action, a pause holds it, and a start after a stop goes on with it", async () => {
  const waits = { state: "waits", reason: "no API server" } as const;
  const { s, asked } = await running({ drains: Array.from({ length: 50 }, () => waits) });
  await remove(s);
  await s.seconds(5);
  await s.clusters.changePlan("small", "pause", {}, "");
  const before = asked.length;
  await s.seconds(20);
  expect(asked).toHaveLength(before);
  expect(change(s)).toMatchObject({ status: "paused" });
  await s.clusters.changePlan("small", "resume", {}, "");
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopped");
  expect(change(s)?.stages[0]?.units[0]?.reason).toContain("started again");
  await s.clusters.expect("small", undefined, "RUN", "");
  await s.offer();
  // What is to be removed is not launched again.
  expect([s.launched("small", "m").length > 0, s.launched("small", "w")]).toEqual([true, []]);
  await s.running("small", "m");
  await s.clusters.changePlan("small", "skip", { node: "w" }, "");
  for (let round = 0; round < 10 && names(s).length > 1; round += 1) {
    await s.offer();
    await s.seconds(70);
  }
  expect(names(s)).toEqual(["m"]);
  expect([...s.mesos.hosts.volumes].filter((volume) => volume.includes("-w-"))).toEqual([]);
});

test("a scheduler that dies before or after any commit of a removal is followed by one that completes it", async () => {
  let commits = 0;
  for (let at = 1; at < 200; at += 1) {
    const dying = new DyingAt(at);
    const { s, asked } = await running({ store: dying.store });
    dying.arm();
    commits = dying.commit;
    await remove(s).catch(() => undefined);
    await s.seconds(10);
    const died = dying.disarm();
    await s.restart(dying.inner);
    if ((await dying.inner.get("units/small/w")) !== undefined && s.clusters.state("small").plan.changes.length === 0)
      await remove(s);
    for (let round = 0; round < 5 && names(s).length > 1; round += 1) await s.seconds(10);
    expect(names(s), dying.words).toEqual(["m"]);
    expect(new Set(asked)).toEqual(new Set(["drain w", "delete-object w"]));
    expect(s.launched("small", "m")).toContain("etcd");
    expect([...s.mesos.hosts.volumes].filter((volume) => volume.includes("-w-"))).toEqual([]);
    if (!died) break;
  }
  expect(commits).toBeGreaterThan(8);
}, 120_000);

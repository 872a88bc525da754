// A worker is replaced whose executor dies meanwhile, or that was stopped before: what it has left on its host is removed first, and
// another instance begins then; a host that does not offer anything is not waited for long.
import { expect, test } from "vitest";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, type Scenario } from "../testing/scenario.ts";
import { MastersScenario } from "../testing/scenarios/masters.ts";
import { gentle, running } from "../testing/scenarios/workers.ts";

const killed = { source: "SOURCE_AGENT", reason: "REASON_EXECUTOR_TERMINATED" } as const;
const db = { namespace: "shop", name: "db-0", node: "w", owner: "StatefulSet", labels: { app: "db" } };
const volumes = (s: Scenario) => [...s.mesos.hosts.volumes].filter((place) => place.endsWith("/w"));
const change = (s: Scenario) => s.clusters.state("small").plan.changes[0];
const instanceOf = async (s: Scenario) =>
  JSON.stringify((await s.store.get("units/small/w"))?.value).match(/"instance":"[^"]+"/)?.[0];

/** A worker on `a` whose drain does not come to an end; `b` has room too. */
async function drained(force: boolean) {
  const { s, api } = await running();
  s.mesos.addAgent("b");
  api.pods = [db];
  api.budgets.set("db-stays", { app: "db" });
  const before = await instanceOf(s);
  await s.nodes.replace("small", "w", "ann");
  await s.seconds(5);
  s.mesos.failExecutor(s.task("small", "w").executorId, "TASK_FAILED", killed);
  await settle();
  if (force) await s.nodes.replace("small", "w", "ann", { ...gentle, force: true });
  await s.seconds(20);
  return { s, before };
}

/** The executor that came to remove the node is there, and gets its kill. */
async function ready(s: Scenario): Promise<void> {
  s.mesos.update(s.id("small", "w"), "TASK_RUNNING", { healthy: true, data: nodeReport("engine") });
  await settle();
  await s.seconds(8);
}

test("its executor dies during its drain: what it left goes before another instance begins", async () => {
  const { s, before } = await drained(true);
  expect([volumes(s), await instanceOf(s)]).toEqual([["a small/w"], before]);
  expect(change(s)?.stages.find(({ name }) => name === "replace")?.units[0]).toMatchObject({
    status: "going",
    reason: "a is being cleaned up",
  });
  await s.offer("b");
  expect(s.launched("small", "w")).toEqual([]);
  await s.offer("a");
  expect(s.launched("small", "w")).toEqual(["node"]);
  await ready(s);
  expect(volumes(s)).toEqual([]);
  expect(await instanceOf(s)).not.toBe(before);
  await s.offer("b");
  await s.running("small", "w");
  expect(volumes(s)).toEqual(["b small/w"]);
});

test.each([
  ["it dies", "TASK_FAILED", killed],
  ["it cannot end what runs", "TASK_FAILED", { data: nodeReport("stopping") }],
  ["it keeps the data", "TASK_KILLED", { data: nodeReport("stopping", "", "", "kept") }],
] as const)(
  "its executor ends within the kill of the replacement (%s): what it left goes before another instance begins",
  async (_how, state, more) => {
    const { s } = await running();
    s.mesos.addAgent("b");
    const before = await instanceOf(s);
    const { onKill } = s.mesos;
    let begun = false;
    s.mesos.onKill = () => {
      begun = true;
    };
    await s.nodes.replace("small", "w", "", { ...gentle, force: true });
    for (let round = 0; !begun && round < 50; round += 1) await s.seconds(1);
    expect(begun).toBe(true);
    s.mesos.onKill = onKill;
    s.mesos.failExecutor(s.task("small", "w").executorId, state, more);
    await settle();
    await s.seconds(2);
    expect([volumes(s), await instanceOf(s)]).toEqual([["a small/w"], before]);
    expect(change(s)?.stages.find(({ name }) => name === "replace")?.units[0]?.reason).toBe("a is being cleaned up");
    await s.offer("b");
    expect(s.launched("small", "w")).toEqual([]);
    await s.offer("a");
    expect(s.launched("small", "w")).toEqual(["node"]);
    await ready(s);
    expect(volumes(s)).toEqual([]);
    expect(await instanceOf(s)).not.toBe(before);
  },
);

test("its host offers nothing: after a while another instance begins, and what is left is noted for the removal of the node", async () => {
  const { s, before } = await drained(true);
  await s.seconds(40);
  expect(await instanceOf(s)).not.toBe(before);
  await s.offer("b");
  await s.running("small", "w");
  expect(volumes(s)).toEqual(["a small/w", "b small/w"]);
  await s.seconds(10);
  expect(change(s)).toBeUndefined();
  await s.nodes.remove("small", ["w"], { ...gentle, force: true }, "");
  for (let round = 0; round < 10 && volumes(s).length > 0; round += 1) {
    await s.seconds(5);
    await s.offer("a");
    if (s.launched("small", "w").length > 0 && s.task("small", "w").agentId === "S-a") await ready(s);
  }
  expect(volumes(s)).toEqual([]);
});

test("it was stopped before: its data goes before another instance begins", async () => {
  const { s } = await running();
  const before = await instanceOf(s);
  await s.nodes.change("small", "w", { expect: "STOP" }, "");
  await s.seconds(20);
  expect(volumes(s)).toEqual(["a small/w"]);
  expect(await s.nodes.replace("small", "w", "")).toContain("what it has left on a is removed first");
  await s.seconds(5);
  expect([volumes(s), await instanceOf(s)]).toEqual([["a small/w"], before]);
  await s.offer("a");
  await ready(s);
  expect(volumes(s)).toEqual([]);
  expect(await instanceOf(s)).not.toBe(before);
});

test("a master whose cluster is stopped when it has just left etcd: its old data goes before another instance joins", async () => {
  const s = await MastersScenario.cluster(3);
  const old = await s.record("m2");
  const { onKill } = s.mesos;
  // Its end takes a while.
  s.mesos.onKill = () => undefined;
  await s.nodes.replace("small", "m2", "");
  for (let round = 0; s.etcd.changes.length === 0 && round < 50; round += 1) await s.seconds(0.1);
  expect(s.etcd.changes).toEqual(["remove small-m2"]);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  s.mesos.onKill = onKill;
  await s.settled(8);
  expect(s.clusters.get("small").status).toBe("stopped");
  await s.clusters.expect("small", undefined, "RUN", "");
  await s.until(() => s.isAtRest);
  expect((await s.record("m2")).instance).not.toBe(old.instance);
  expect(s.etcd.harm).toEqual([]);
  expect(s.refused).toEqual([]);
  const data = [...s.mesos.hosts.volumes].filter((place) => place.endsWith("/m2"));
  expect(data).toEqual([`${(await s.record("m2")).home} small/m2`]);
});

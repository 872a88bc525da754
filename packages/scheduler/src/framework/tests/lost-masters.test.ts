// Masters whose agents were marked gone: their data is lost, and whether they may begin without it depends on the others.
import { describe, expect, test } from "vitest";
import { MastersScenario } from "../testing/scenarios/masters.ts";

function isWell(s: MastersScenario): void {
  expect(s.etcd.harm).toEqual([]);
  expect(s.refused).toEqual([]);
  expect(s.etcd.hasMajority).toBe(true);
  expect(s.mesos.violations).toEqual([]);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.clusters.state("small").plan.changes).toEqual([]);
}

test("a master that has lost its data waits to be replaced, and state says so: its etcd would begin empty and be refused", async () => {
  const s = await MastersScenario.cluster(3);
  s.mesos.failExecutor(s.task("small", "m2").executorId, "TASK_GONE_BY_OPERATOR");
  await s.settled(14);
  expect([s.launched("small", "m2"), s.refused]).toEqual([[], []]);
  const words = "replace it (POST …/nodes/m2/replace)";
  expect(s.clusters.pending("small")).toMatchObject([{ node: "m2", summary: expect.stringContaining(words) }]);
  expect(
    s.clusters
      .state("small")
      .plan.steps.map(({ explanation }) => explanation)
      .join(),
  ).toContain(words);
  await s.restart();
  await s.settled(4);
  expect(s.launched("small", "m2")).toEqual([]);
  await s.nodes.replace("small", "m2", "");
  await s.settled(14);
  isWell(s);
});

test("a single one begins anew elsewhere", async () => {
  const s = await MastersScenario.cluster(1);
  s.mesos.failExecutor(s.task("small", "m1").executorId, "TASK_GONE_BY_OPERATOR");
  await s.settled(4);
  expect(s.launched("small", "m1")).toContain("etcd");
  expect((await s.record("m1")).dataLost).toBeUndefined();
});

describe("an agent is marked gone while its master does not run", () => {
  /** The cluster is stopped, and the agent of this master is marked gone meanwhile. */
  async function goneWhileStopped(masters: number, node: string) {
    const s = await MastersScenario.cluster(masters);
    await s.clusters.expect("small", undefined, "STOP", "");
    await s.settled(6);
    expect(s.clusters.get("small").status).toBe("stopped");
    const { home } = await s.record(node);
    s.mesos.goneAgents.add(`S-${home}`);
    s.mesos.agents.delete(`S-${home}`);
    await s.seconds(10);
    // Another agent registers under the name, with nothing on its disk.
    s.mesos.addAgent(home, { id: "S-new" });
    await s.clusters.expect("small", undefined, "RUN", "");
    await s.settled(8);
    return s;
  }

  test("one of three is not begun again, also not on an agent of the same name: the others have their data", async () => {
    const s = await goneWhileStopped(3, "m2");
    expect([s.launched("small", "m2"), s.refused, s.etcd.harm]).toEqual([[], [], []]);
    expect(s.launched("small", "m1")).toContain("etcd");
    const words = "replace it (POST …/nodes/m2/replace)";
    expect(s.clusters.pending("small")).toMatchObject([{ node: "m2", summary: expect.stringContaining(words) }]);
    await s.nodes.replace("small", "m2", "");
    await s.settled(14);
    isWell(s);
  });

  test("a single one begins anew, without data", async () => {
    const s = await goneWhileStopped(1, "m1");
    expect(s.launched("small", "m1")).toContain("etcd");
  });
});

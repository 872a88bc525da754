// Masters whose agents were marked gone: their data is lost, and whether they may begin without it depends on the others.
import { describe, expect, test } from "vitest";
import { clusterSpecSchema } from "../../kubernetes/cluster/cluster-spec.ts";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { launchedProcess } from "../testing/scenario.ts";
import { MastersScenario, masterBody, mastersConfiguration } from "../testing/scenarios/masters.ts";

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

describe("agents of masters are marked gone one after another while the cluster comes up", () => {
  /** Keeps which keys were stored together. */
  class CommitsKept extends MemoryStore {
    readonly commits: (readonly string[])[] = [];

    override async commit(...[operations, guard]: Parameters<MemoryStore["commit"]>) {
      this.commits.push(operations.map(({ key }) => key));
      return await super.commit(operations, guard);
    }
  }

  const hosts = ["a", "b", "c", "d", "e"];

  /** Three masters are launched, and no executor has reported anything. */
  async function launched() {
    const store = new CommitsKept();
    const s = await new MastersScenario({ store }).start();
    for (const host of hosts) s.mesos.addAgent(host, { cpus: 16, mem: 65_536 });
    await s.clusters.create(smallBody({ nodes: [1, 2, 3].map((number) => masterBody(`m${number}`, number)) }));
    await s.offer(...hosts);
    const gone = async (node: string) => {
      s.mesos.failExecutor(s.task("small", node).executorId, "TASK_GONE_BY_OPERATOR");
      await s.offer(...hosts);
      await s.seconds(3);
    };
    const up = () => ["m1", "m2", "m3"].filter((node) => s.launched("small", node).length > 0).join(" ");
    expect(up()).toBe("m1 m2 m3");
    return { s, store, gone, up };
  }

  test("none begins anew before it is known that none has data, and then all do, in one commit", async () => {
    const { s, store, gone, up } = await launched();
    await gone("m1");
    expect(up()).toBe("m2 m3");
    const pending = s.clusters.pending("small").find(({ node }) => node === "m1")?.summary;
    expect(pending).toMatch(/m2 on . and m3 on . has not reported yet/);
    await s.restart();
    await gone("m2");
    expect(up()).toBe("m3");
    store.commits.length = 0;
    await gone("m3");
    expect(store.commits.some((keys) => ["m1", "m2", "m3"].every((node) => keys.includes(`units/small/${node}`)))).toBe(
      true,
    );
    expect(up()).toBe("m1 m2 m3");
    await s.settled(4);
    isWell(s);
  });

  test("the others wait for an operator when one of them reports that it has data", async () => {
    const { s, gone, up } = await launched();
    await gone("m1");
    await s.running("small", "m2");
    await s.running("small", "m3");
    await s.offer(...hosts);
    expect(up()).toBe("m2 m3");
    const words = "replace it (POST …/nodes/m1/replace)";
    expect(s.clusters.pending("small").find(({ node }) => node === "m1")?.summary).toContain(words);
  });
});

describe("a store is restored from a backup of the time when the cluster came up, and the agent of one master is marked gone", () => {
  const hosts = ["a", "b", "c", "d", "e"];
  const masters = ["m1", "m2", "m3"];

  async function copyOf(store: Store): Promise<ReadonlyMap<string, unknown>> {
    return new Map((await store.list("")).map(({ key, value }) => [key, value]));
  }

  /** All masters run, as they were launched first or as they were launched again later. */
  async function running(again: readonly string[]) {
    const s = await new MastersScenario({}).start();
    for (const host of hosts) s.mesos.addAgent(host, { cpus: 16, mem: 65_536 });
    await s.clusters.create(smallBody({ nodes: masters.map((name, index) => masterBody(name, index + 1)) }));
    const created = await copyOf(s.store);
    await s.offer(...hosts);
    const launched = await copyOf(s.store);
    for (const node of again) s.mesos.failExecutor(s.task("small", node).executorId);
    await s.seconds(60);
    await s.offer(...hosts);
    await s.settled(2);
    return { s, created, launched };
  }

  test.each([
    ["the others are in it without a launch", false],
    ["the others are in it with a launch that has ended since", true],
  ])("nothing begins anew before it is known what runs: %s", async (_title, again) => {
    const { s, created, launched } = await running(again ? ["m2", "m3"] : []);
    const others = () => ["m2", "m3"].map((node) => s.task("small", node).executorId);
    const before = others();
    const early = new Map(again ? [] : ["m2", "m3"].map((node) => [`units/small/${node}`, created]));
    const restored = new MemoryStore();
    await restored.commit(
      [...launched.keys()].map((key) => ({ op: "put", key, value: (early.get(key) ?? launched).get(key) })),
    );
    const { agentId, executorId } = s.task("small", "m1");
    s.mesos.failExecutor(executorId, "TASK_GONE_BY_OPERATOR");
    s.mesos.goneAgents.add(agentId);
    s.mesos.agents.delete(agentId);
    const left = hosts.filter((host) => `S-${host}` !== agentId);
    s.mesos.askProblem = "403 Forbidden";
    await s.restart(restored);
    const summary = () => s.clusters.pending("small").find(({ node }) => node === "m1")?.summary ?? "";
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) {
        await s.offer(...left);
        expect(s.launched("small", "m1")).toEqual([]);
        await s.seconds(2);
      }
    };
    await rounds(15);
    expect(summary()).toMatch(/m2 may run already.*403 Forbidden; m3 may run already/);
    s.mesos.askProblem = "";
    await rounds(15);
    await s.settled(2);
    expect(others()).toEqual(before);
    expect(summary()).toContain("replace it (POST …/nodes/m1/replace)");
    expect([s.launched("small", "m1"), s.callsOf("KILL"), s.refused, s.etcd.harm]).toEqual([[], [], [], []]);
    expect(s.mesos.violations).toEqual([]);
  });
});

test("masters that had joined found the next etcd with the others, when all of them have lost their data", async () => {
  const s = await MastersScenario.cluster(1);
  await s.nodes.add("small", [masterBody("m2", 2), masterBody("m3", 3)], "");
  await s.until(() => s.isAtRest);
  for (const node of ["m1", "m2", "m3"])
    s.mesos.failExecutor(s.task("small", node).executorId, "TASK_GONE_BY_OPERATOR");
  await s.settled(4);
  for (const node of ["m1", "m2", "m3"]) expect(s.launched("small", node)).toContain("etcd");
  const { spec } = workloadRecordSchema.parse((await s.store.get("workloads/small"))?.value);
  const masters = clusterSpecSchema.parse(spec).units.filter(({ type }) => type === "master");
  expect(masters.map(({ name, joins, late }) => [name, joins, late])).toEqual(
    ["m1", "m2", "m3"].map((name) => [name, undefined, undefined]),
  );
  for (const node of ["m1", "m2", "m3"]) {
    // Its API server uses the etcds of all founders; that of one that joins uses its own.
    const command = launchedProcess(s.task("small", node, "apiserver"))?.spec?.command.join(" ");
    expect(command).toContain("https://10.0.0.1:2379,https://10.0.0.2:2379,https://10.0.0.3:2379");
  }
});

test("masters that cannot be rendered for another etcd wait, say why, and hold up nothing else of the cluster", async () => {
  const s = await MastersScenario.cluster(1);
  await s.nodes.add("small", [masterBody("m2", 2), masterBody("m3", 3)], "");
  await s.until(() => s.isAtRest);
  s.upgrade({ options: { configurations: new Map() } });
  await s.restart();
  const masters = ["m1", "m2", "m3"];
  const up = () => masters.filter((node) => s.launched("small", node).length > 0);
  for (const node of masters) s.mesos.failExecutor(s.task("small", node).executorId, "TASK_GONE_BY_OPERATOR");
  await s.settled(4);
  expect(up()).toEqual([]);
  const words = /there is no cke\.conf-1\.36\.yaml any more.*put cke\.conf-1\.36\.yaml back.*start the scheduler again/;
  const summaries = () => s.clusters.pending("small").flatMap(({ node, summary }) => (node === "w" ? [] : [summary]));
  expect(summaries()).toEqual([words, words, words].map((one) => expect.stringMatching(one)));
  // A process of the worker that ends is launched again; the worker itself, as ever, after its masters.
  const process = s.launched("small", "w").find((name) => name !== "node") ?? "";
  const ended = s.id("small", "w", process);
  s.mesos.update(ended, "TASK_FAILED", { message: "exit code 1" });
  await s.settled(4);
  expect(s.id("small", "w", process)).not.toBe(ended);
  s.mesos.failExecutor(s.task("small", "w").executorId);
  await s.settled(1);
  const waits = s.clusters.pending("small").find(({ node }) => node === "w")?.summary;
  expect(waits).toMatch(/after: TASK_FAILED; .*waits for its masters/);
  // A stop ends.
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.settled(4);
  expect(s.clusters.get("small").status).toBe("stopped");
  await s.clusters.expect("small", undefined, "RUN", "");
  await s.settled(4);
  expect(up()).toEqual([]);
  expect(logLines(s.clusters.log("small")).filter((line) => words.test(line))).toHaveLength(1);
  // With the file all of them found the next etcd.
  s.upgrade({ options: { configurations: new Map([["1.36", mastersConfiguration(true)]]) } });
  await s.restart();
  await s.settled(14);
  expect(up()).toEqual(masters);
  isWell(s);
});

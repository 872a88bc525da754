// What a node that is to run needs stays its own: its one-shots' part in Mesos' ledger, the rest by keeping others off.
import { Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { type UnitRecord, unitKey, unitRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";
import { keptProblem } from "./kept-capacity.ts";

const [ofMaster, ofNode] = [2_144, 1_568];
const ofOneShot = 64;
const networks = ["net-c", "net-d"];

const body = (name: string, hosts: { readonly m: string; readonly n?: string }, more = {}) =>
  smallBody({
    name,
    network: `net-${name}`,
    nodes: [
      { name: "m", type: "master", node_ip: "10.0.0.1", host: hosts.m },
      ...(hosts.n === undefined ? [] : [{ name: "n", type: "node", node_ip: "10.0.0.2", host: hosts.n }]),
    ],
    ...more,
  });

const memOf = (s: Scenario, cluster: string, node: string, process: string) =>
  Resources.scalarOf(s.task(cluster, node, process).info.resources ?? [], "mem");
const freeOn = (s: Scenario, host: string) => Resources.scalarOf(s.mesos.free(`S-${host}`), "mem");

/** Cluster `c`: its master on `far`, its worker, whose one-shot has ended, on `a`, which has `spare` MiB more than it needs. */
async function running(spare: number, more = {}) {
  const s = await new Scenario({ networks }).start();
  s.mesos.addAgent("far");
  s.mesos.addAgent("a", { mem: ofNode + spare });
  await s.clusters.create(body("c", { m: "far", n: "a" }, more));
  await settle();
  await s.offer();
  await s.running("c", "m");
  await s.running("c", "n");
  s.mesos.update(s.id("c", "n", "load-images"), "TASK_FINISHED");
  await settle();
  return s;
}

/** The store and Mesos as a version left them whose one-shots held their resources themselves. */
async function asBefore(s: Scenario, cluster: string, node: string) {
  const key = unitKey(cluster, node);
  const stored = await s.store.get(key);
  const record: UnitRecord = unitRecordSchema.parse(stored?.value);
  const { launch } = record;
  if (launch === undefined) throw new Error("it is not launched");
  const { oneShotsHeldByUnit: _, ...old } = launch;
  await s.store.commit([{ op: "put", key, value: { ...record, launch: old } }]);
  const task = s.task(cluster, node);
  const resources = Resources.subtract(
    task.info.resources ?? [],
    Resources.allocatedTo("cke", [Resources.scalar("mem", ofOneShot), Resources.scalar("cpus", 0.099)]),
  );
  s.mesos.tasks.set(task.info.task_id.value, { ...task, info: { ...task.info, resources } });
  await s.restart();
}

test("one-shots: the node's task holds what they need, their own tasks as little as Mesos takes, all in all what the API says", async () => {
  const s = await running(0);
  expect(memOf(s, "c", "n", "")).toBe(32 + ofOneShot);
  expect(freeOn(s, "a")).toBe(0);
  const whole = await new Scenario({ networks }).start();
  whole.mesos.addAgent("a");
  await whole.clusters.create(body("c", { m: "a", n: "a" }));
  await settle();
  await whole.offer();
  const task = whole.task("c", "n", "load-images");
  expect(task.info.resources).toEqual(Resources.allocatedTo("cke", [Resources.scalar("cpus", 0.001)]));
  const tasks = whole.tasksOf("c", "n").flatMap(({ info }) => info.resources ?? []);
  const executor = whole.mesos.executors.get(task.executorId)?.info.resources ?? [];
  const node = whole.clusters.get("c").nodes.find(({ name }) => name === "n");
  const total = [
    Resources.scalarOf([...tasks, ...executor], "cpus"),
    Resources.scalarOf([...tasks, ...executor], "mem"),
  ];
  expect(total).toEqual([1.91, ofNode]);
  expect(node?.total_res).toEqual({ cpu: 1.91, mem: ofNode });
});

test.each([false, true])(
  "pod %s: a killed node comes back to a full agent although others wait for its capacity",
  async (pod) => {
    const s = await running(ofMaster - ofNode, { pod });
    // Its master fits into what the killed node gives back, and what was free.
    await s.clusters.create(body("d", { m: "a" }));
    await s.offer("a");
    await s.clusters.changePlan("c", "pause", { node: "n" }, "me");
    s.mesos.failExecutor(s.task("c", "n").executorId);
    await settle();
    expect(s.launched("c", "n")).toEqual([]);
    expect(freeOn(s, "a")).toBe(ofMaster);
    // While it cannot be launched yet, and after that.
    await s.offer("a");
    expect(s.launched("d", "m")).toEqual([]);
    expect(s.clusters.pending("d")[0]?.summary).toContain(
      `a keeps mem ${ofNode} of the ${ofMaster} that is free for c/n, which runs or returns there`,
    );
    await s.clusters.changePlan("c", "resume", { node: "n" }, "me");
    await s.offer("a");
    expect(s.launched("c", "n")).toContain("kubelet");
    expect(s.launched("d", "m")).toEqual([]);
  },
);

test("where less is free than the unit needs, the words give both figures", () => {
  const claim = { unit: "c/n", urgency: 0, roles: [], ports: [], cpus: 0, mem: 900, disk: 0 };
  const bundle = {
    ...{
      agentId: "S-a",
      hostname: "a",
      addresses: [],
      role: "cke",
      offerIds: [],
      attributes: [],
      executorIds: new Set<string>(),
    },
    ...{ portSpan: undefined, ports: new Map<number, string>(), stateful: new Set<string>() },
    remaining: [Resources.scalar("mem", 500)],
    claims: [claim],
  };
  const request = {
    ...{ id: "d/m", workload: "d", host: "*", attributes: [], parts: [], roles: [], home: "", homeOnly: false },
    ...{ cleanup: false, spread: false },
  };
  expect(keptProblem(request, bundle, [])?.words).toBe(
    "keeps all of its mem (500 is free, 900 is needed) for c/n, which runs or returns there",
  );
});

test("an offer that comes before the update that tells of a dead executor gives its capacity to nobody else", async () => {
  const s = await running(ofMaster - ofNode);
  await s.clusters.create(body("d", { m: "a" }));
  await s.seconds(60);
  const { executorId } = s.task("c", "n");
  const tasks = s.tasksOf("c", "n");
  // Both died while their agent was away, and the agent offers first.
  s.mesos.loseExecutor(executorId);
  expect(freeOn(s, "a")).toBe(ofMaster);
  await s.offer("a");
  expect(s.launched("d", "m")).toEqual([]);
  for (const { info } of tasks) s.mesos.update(info.task_id.value, "TASK_FAILED");
  await s.seconds(3);
  await s.offer("a");
  expect(s.launched("c", "n")).toContain("kubelet");
  expect(s.launched("d", "m")).toEqual([]);
});

test("a worker that does not return in time is waited for no longer", async () => {
  const s = await running(ofMaster - ofNode);
  await s.clusters.create(body("d", { m: "a" }));
  await s.clusters.changePlan("c", "pause", { node: "n" }, "me");
  s.mesos.failExecutor(s.task("c", "n").executorId);
  await s.seconds(60);
  await s.offer("a");
  expect(s.launched("d", "m")).toEqual([]);
  await s.seconds(120);
  await s.offer("a");
  expect(s.launched("d", "m")).toContain("etcd");
});

test("a master's capacity is kept for as long as it is to run, also while it is paused", async () => {
  const s = await new Scenario({ networks }).start();
  s.mesos.addAgent("a", { mem: ofMaster });
  await s.clusters.create(body("c", { m: "a" }));
  await s.offer("a");
  await s.running("c", "m");
  await s.clusters.create(body("d", { m: "a" }));
  await s.clusters.changePlan("c", "pause", { node: "m" }, "me");
  s.mesos.failExecutor(s.task("c", "m").executorId);
  await s.seconds(3_600);
  await s.offer("a");
  expect(s.launched("d", "m")).toEqual([]);
  await s.clusters.changePlan("c", "resume", { node: "m" }, "me");
  await s.offer("a");
  expect(s.launched("c", "m")).toContain("etcd");
  await s.running("c", "m");
  // Of a deleted cluster nothing is kept.
  await s.clusters.remove("c");
  await s.seconds(10);
  await s.offer("a");
  expect(s.launched("d", "m")).toContain("etcd");
});

test("a process that ended gets its capacity back, whatever else waits for the agent", async () => {
  // With the 128 MiB of the kubelet's own task there is capacity for another worker.
  const s = await running(ofNode - 128);
  await s.clusters.create(body("d", { m: "far", n: "a" }));
  await s.offer("far");
  s.mesos.update(s.id("c", "n", "kubelet"), "TASK_FAILED", { message: "exit code 1" });
  await settle();
  await s.offer("a");
  expect(s.launched("d", "n")).toEqual([]);
  expect(s.clusters.pending("d")[0]?.refusals.find(({ kind }) => kind === "kept")).toMatchObject({
    examples: [{ words: expect.stringContaining("keeps mem 128 of the 1568 that is free for c/n") }],
  });
  await s.seconds(30);
  await s.offer("a");
  expect(s.id("c", "n", "kubelet")).toMatch(/\.kubelet\.2$/);
});

test("launched by a version whose one-shots gave their capacity back: it is kept, and the node comes back into it", async () => {
  const s = await running(ofNode - ofOneShot);
  await asBefore(s, "c", "n");
  const before = s.mesos.live().map(({ info }) => info.task_id.value);
  expect(freeOn(s, "a")).toBe(ofNode);
  await s.clusters.create(body("d", { m: "far", n: "a" }));
  await s.seconds(20);
  await s.offer();
  expect(s.launched("d", "m")).toContain("etcd");
  expect(s.launched("d", "n")).toEqual([]);
  expect(before.filter((id) => !s.mesos.live().some(({ info }) => info.task_id.value === id))).toEqual([]);
  s.mesos.failExecutor(s.task("c", "n").executorId);
  await s.seconds(10);
  await s.offer("a");
  expect(s.launched("c", "n")).toContain("kubelet");
  expect(memOf(s, "c", "n", "")).toBe(32 + ofOneShot);
});

test("launched by such a version: its one-shot is launched again with what it needs, for the node does not hold it", async () => {
  const s = await running(0);
  const again = await new Scenario({ networks }).start();
  again.mesos.addAgent("far");
  again.mesos.addAgent("a");
  await again.clusters.create(body("c", { m: "far", n: "a" }));
  await again.offer();
  await asBefore(again, "c", "n");
  again.mesos.update(again.id("c", "n", "load-images"), "TASK_FAILED", { message: "exit code 1" });
  await again.seconds(30);
  await again.offer("a");
  expect(again.id("c", "n", "load-images")).toMatch(/\.2$/);
  expect(memOf(again, "c", "n", "load-images")).toBe(ofOneShot);
  expect(s.launched("c", "n")).not.toContain("load-images");
});

test("a port that a node publishes is kept for its return", async () => {
  const s = await new Scenario({ networks }).start();
  s.mesos.addAgent("a");
  const ingress = (name: string, host: string) => ({
    name,
    network: `net-${name}`,
    ingresses: [{ name: "web", port: "33000/tcp" }],
    nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", host, ingresses: ["web"] }],
  });
  await s.clusters.create(ingress("c", "a"));
  await s.offer("a");
  await s.running("c", "m");
  await s.clusters.changePlan("c", "pause", { node: "m" }, "me");
  await s.clusters.create(ingress("d", "*"));
  s.mesos.failExecutor(s.task("c", "m").executorId);
  await settle();
  await s.offer("a");
  expect(s.clusters.pending("d")[0]?.refusals[0]?.examples[0]?.words).toBe("keeps port 33000 for c/m");
  await s.clusters.changePlan("c", "resume", { node: "m" }, "me");
  await s.seconds(10);
  await s.offer("a");
  expect(s.launched("c", "m")).toContain("etcd");
});

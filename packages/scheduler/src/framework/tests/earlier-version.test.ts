// The store that an earlier version wrote, with its tasks in Mesos: everything runs on, and no unit loses its data or resources.
import { Resources } from "@cke/mesos";
import { beforeEach, expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { unitKey, unitRecordSchema } from "../../workload/records/records.ts";
import { leftByEarlierVersion } from "../testing/earlier-version.ts";
import { settle } from "../testing/manual-clock.ts";
import { launchedProcess, type Scenario } from "../testing/scenario.ts";

// Written by commit 28ee906 over SQLite. `kept` has reservations, the worker's one-shots of `kept` and `plain` have finished,
// of `half` one of three masters fits, `failed` could not be launched, `leaving` is being deleted.
let s: Scenario;
beforeEach(async () => {
  s = await leftByEarlierVersion("store-28ee906.json");
});

const liveIds = () => s.mesos.live().map(({ info }) => info.task_id.value);
const madeSince = (calls: number): readonly string[] =>
  s.mesos.calls.slice(calls).flatMap((call) => {
    if (call.type === "KILL") return [`KILL ${call.kill.task_id.value}`];
    if (call.type !== "ACCEPT") return call.type === "SHUTDOWN" ? ["SHUTDOWN"] : [];
    return (call.accept.operations ?? []).map(({ type }) => type ?? "");
  });
const sums = (resources: readonly Parameters<typeof Resources.scalarOf>[0][number][]) => ({
  cpu: Resources.scalarOf(resources, "cpus"),
  mem: Resources.scalarOf(resources, "mem"),
});
/** What Mesos counts for a node's tasks and executor. */
const inMesos = (cluster: string, node: string) => {
  const tasks = s.tasksOf(cluster, node);
  const executor = s.mesos.executors.get(tasks[0]?.executorId ?? "")?.info.resources ?? [];
  return sums([...tasks.flatMap(({ info }) => info.resources ?? []), ...executor]);
};
const shown = (cluster: string, node: string) =>
  s.clusters.get(cluster).nodes.find(({ name }) => name === node)?.total_res;
const reserved = () => sums(s.mesos.reserved());
const reservationsOf = (node: string) => s.clusters.state("kept").nodes.find(({ name }) => name === node)?.reservations;

test("nothing is launched, killed or given back but what the earlier version had begun", async () => {
  const [before, kept] = [liveIds(), reserved()];
  await s.restart();
  await s.clusters.remove("failed");
  for (let minute = 0; minute < 30; minute += 1) {
    await s.offer();
    await s.seconds(60);
  }
  expect(liveIds()).toEqual(before.filter((id) => !id.startsWith("cke.leaving.")));
  expect(madeSince(0).filter((made) => !made.startsWith("KILL cke.leaving."))).toEqual([]);
  expect(reserved()).toEqual(kept);
  expect(s.mesos.violations).toEqual([]);
  expect(s.fatal).toEqual([]);
});

test("statuses, restarts and hashes are what they were", async () => {
  const launches = new Map(["kept", "plain", "half"].map((name) => [name, s.tasksOf(name, "m").length]));
  await s.restart();
  const status = Object.fromEntries(s.clusters.list().map(({ name, status: word }) => [name, word]));
  expect(status).toEqual({ kept: "running", plain: "running", half: "starting", failed: "starting" });
  for (const name of ["kept", "plain"]) {
    expect(launches.get(name)).toBe(6);
    for (const node of s.clusters.state(name).nodes) {
      // Its container would be made without the hosts of other nodes today; what runs stays as it was made.
      expect(node).toMatchObject({ outdated: true, reason: "", rendered_by: expect.stringMatching(/^\d+\.\d+\.\d+/) });
      expect(node.processes.every(({ restarts, outdated }) => restarts === 0 && !outdated)).toBe(true);
    }
  }
});

test("a process that ends is launched again in its old executor, with what it had", async () => {
  await s.restart();
  for (const [cluster, agent] of [
    ["kept", "b"],
    ["plain", "c"],
  ] as const) {
    const before = s.task(cluster, "n", "kubelet");
    const { executorId, info } = before;
    s.mesos.update(info.task_id.value, "TASK_FAILED", { message: "exit code 1" });
    await s.seconds(2);
    await s.offer(agent);
    const again = s.task(cluster, "n", "kubelet");
    expect(again.executorId).toBe(executorId);
    expect([again.info.resources, launchedProcess(again)?.spec]).toEqual([
      info.resources,
      launchedProcess(before)?.spec,
    ]);
  }
  expect(madeSince(0).filter((made) => made !== "LAUNCH" && !made.startsWith("KILL cke.leaving."))).toEqual([]);
});

test("a node comes back into what is reserved for it: all of it, and nothing besides", async () => {
  await s.restart();
  const [kept, before] = [reserved(), reservationsOf("n")];
  expect(before).toMatchObject([{ host: "b", state: "reserved", ...shown("kept", "n") }]);
  s.mesos.failExecutor(s.task("kept", "n").executorId);
  await s.seconds(5);
  const calls = s.mesos.calls.length;
  await s.offer();
  expect(madeSince(calls).filter((made) => made !== "LAUNCH")).toEqual([]);
  expect(inMesos("kept", "n")).toEqual(shown("kept", "n"));
  expect(reserved()).toEqual(kept);
  expect(reservationsOf("n")).toEqual(before);
  expect(s.mesos.free("S-b").filter((one) => Resources.isReserved(one))).toEqual([]);
  expect(s.mesos.violations).toEqual([]);
});

test("without a reservation too: nobody takes what its one-shot gave back", async () => {
  await s.restart();
  const free = Resources.scalarOf(s.mesos.free("S-c"), "mem");
  const gotty = (name: string, index: number) => ({ name, type: "console", node_ip: `10.0.9.${index}`, host: "c" });
  const nodes = ["x", "y"].map(gotty);
  // As many as fit but for what the worker is owed: a console takes 160 MiB.
  expect([free, shown("plain", "t")?.mem]).toEqual([224, 160]);
  const created = s.clusters.create(
    smallBody({ name: "more", nodes: [{ name: "m", type: "master", node_ip: "10.0.9.9", host: "d" }, ...nodes] }),
  );
  // The executors of the earlier version do not know the question which networks their hosts have: they never answer.
  await s.seconds(3);
  await created;
  await settle();
  await s.offer();
  await s.running("more", "m");
  await s.offer();
  expect(["x", "y"].flatMap((node) => s.launched("more", node))).toEqual(["node", "gotty"]);
  s.mesos.failExecutor(s.task("plain", "n").executorId);
  await s.seconds(5);
  await s.offer("c");
  expect(s.launched("plain", "n")).toContain("kubelet");
  expect(inMesos("plain", "n")).toEqual(shown("plain", "n"));
  expect(Resources.scalarOf(s.mesos.free("S-c"), "mem")).toBe(0);
});

test("what could not be launched is tried again, and a quorum that waits goes on with the master that it has", async () => {
  await s.restart();
  await s.seconds(60);
  await s.offer("d");
  expect(s.launched("failed", "m")).toContain("etcd");
  const first = s.id("half", "m1");
  s.mesos.addAgent("nowhere");
  await s.offer("nowhere");
  expect([s.id("half", "m1"), s.launched("half", "m2").length, s.launched("half", "m3").length]).toEqual([first, 6, 6]);
});

test("deleting everything leaves nothing, neither in the store nor in Mesos", async () => {
  await s.restart();
  for (const { name } of s.clusters.list()) await s.clusters.remove(name);
  for (let look = 0; look < 5; look += 1) {
    await s.seconds(60);
    await s.offer();
  }
  expect(liveIds()).toEqual([]);
  expect(s.mesos.reserved()).toEqual([]);
  expect((await s.keys()).filter((key) => key !== "framework")).toEqual([]);
});

test("what served before is degraded when it is lost, and does not start for the first time", async () => {
  // A process of `plain` that is not required was never healthy, so the earlier version has not noted that all of it ran.
  const key = unitKey("plain", "m");
  const { launch, ...record } = unitRecordSchema.parse((await s.store.get(key))?.value);
  const { servedAtMs: _, ...old } = { ...record, launch: launch && { ...launch, readyAtMs: 0 } };
  await s.store.commit([{ op: "put", key, value: old }]);
  await s.restart();
  for (const cluster of ["kept", "plain"]) s.mesos.failExecutor(s.task(cluster, "m").executorId);
  await s.seconds(1);
  const words = () => ["kept", "plain"].map((name) => s.clusters.get(name).status);
  expect(words()).toEqual(["degraded", "degraded"]);
  await s.seconds(5);
  await s.offer("a", "c");
  expect(s.launched("kept", "m")).toContain("etcd");
  expect(words()).toEqual(["degraded", "degraded"]);
});

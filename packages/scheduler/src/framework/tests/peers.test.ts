// A node is added to a cluster that runs, and removed again: the others hear of it, and nothing of theirs is launched or stored anew.

import { ClusterPeers, SchedulerMessage, TaskData, TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { clusterRecordSchema } from "../../kubernetes/cluster/cluster-record.ts";
import { type ClusterSpec, clusterSpecSchema } from "../../kubernetes/cluster/cluster-spec.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { newUnitRecord, unitKey, unitRecordSchema, workloadKey } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "n", type: "node", node_ip: "10.0.0.2" },
];

async function running(): Promise<Scenario> {
  const s = await new Scenario().start();
  for (const agent of ["a", "b"]) s.mesos.addAgent(agent, { cpus: 16, mem: 32_000 });
  await s.clusters.create(smallBody({ name: "two", nodes }));
  await s.offer("a", "b");
  for (const { name } of nodes) await s.running("two", name);
  return s;
}

/** What the node's executor got with its launch. */
function launchedWith(s: Scenario, node: string): ClusterPeers | undefined {
  const data = new Uint8Array(Buffer.from(s.task("two", node).info.data ?? "", "base64"));
  const { task } = TaskData.decode(data);
  return task?.kind === "kubeNode" ? task.value.peers : undefined;
}

/** The node's executor reports that its hosts file and routes are of this version. */
async function reports(s: Scenario, node: string, peersVersion: string): Promise<void> {
  const data = TaskReport.encode({ report: { kind: "unit", value: { launchStep: "ready", peersVersion } } });
  s.mesos.update(s.id("two", node), "TASK_RUNNING", { healthy: true, data: Buffer.from(data).toString("base64") });
  await settle();
}

/** Peers that were sent since that call, by node. */
function sentSince(s: Scenario, calls: number): ReadonlyMap<string, ClusterPeers> {
  const sent = new Map<string, ClusterPeers>();
  for (const call of s.mesos.calls.slice(calls)) {
    if (call.type !== "MESSAGE") continue;
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(call.message.data, "base64")));
    const node = call.message.executor_id.value.split(".")[2] ?? "";
    if (message?.kind === "workloadState") sent.set(node, ClusterPeers.decode(message.value.state));
  }
  return sent;
}

/** The scheduler finds another list of nodes in its store, as a change of the cluster leaves it. */
async function change(s: Scenario, edit: (spec: ClusterSpec) => ClusterSpec["units"]): Promise<void> {
  const key = workloadKey("two");
  const record = clusterRecordSchema.parse((await s.store.get(key))?.value);
  const spec = clusterSpecSchema.parse({ ...record.spec, units: edit(record.spec) });
  const added = spec.units.filter(({ name }) => !record.spec.units.some((node) => node.name === name));
  const { instance } = unitRecordSchema.parse((await s.store.get(unitKey("two", "m")))?.value);
  await s.store.commit([
    { op: "put", key, value: { ...record, spec } },
    ...added.map(({ name }) => ({
      op: "put" as const,
      key: unitKey("two", name),
      value: newUnitRecord("two", name, instance),
    })),
  ]);
  await s.restart();
}

async function stored(s: Scenario, ...names: readonly string[]): Promise<unknown> {
  return await Promise.all(
    names.flatMap((name) => [s.store.get(unitKey("two", name)), s.store.get(`renderings/two/${name}`)]),
  );
}

test("running nodes are told of a node that comes and of one that goes; their records, tasks and containers stay", async () => {
  const s = await running();
  const first = launchedWith(s, "n");
  expect(first?.peers).toEqual([
    { name: "m", ip: "10.0.0.1", podCidr: "", master: true },
    { name: "n", ip: "10.0.0.2", podCidr: "10.244.0.0/24", master: false },
  ]);
  expect(launchedWith(s, "m")).toEqual(first);
  for (const { name } of nodes) await reports(s, name, first?.version ?? "");
  await s.seconds(5);
  const [records, tasks] = [await stored(s, "m", "n"), s.mesos.live().map(({ info }) => info.task_id.value)];

  const calls = s.mesos.calls.length;
  await change(s, ({ units: present }) => [
    ...present,
    ...present.filter(({ name }) => name === "n").map((node) => ({ ...node, name: "n2", ip: "10.0.0.3", podIndex: 1 })),
  ]);
  await s.seconds(2);
  expect(await stored(s, "m", "n")).toEqual(records);
  expect(s.mesos.live().map(({ info }) => info.task_id.value)).toEqual(tasks);
  const sent = sentSince(s, calls);
  expect([...sent.keys()].toSorted()).toEqual(["m", "n"]);
  const second = sent.get("m");
  expect(second?.peers).toContainEqual({ name: "n2", ip: "10.0.0.3", podCidr: "10.244.1.0/24", master: false });
  expect(s.clusters.state("two").nodes[0]).toMatchObject({
    peers_version: first?.version,
    peers_problem: expect.stringContaining("does not have all changes of the cluster's nodes yet"),
  });

  // The new node is launched with the same list; a node that has reported it gets no message.
  await s.offer("a", "b");
  expect(launchedWith(s, "n2")).toEqual(second);
  for (const { name } of nodes) await reports(s, name, second?.version ?? "");
  const quiet = s.mesos.calls.length;
  await s.seconds(120);
  expect(sentSince(s, quiet).size).toBe(0);
  expect(s.clusters.state("two").nodes[0]).toMatchObject({ peers_version: second?.version, peers_problem: "" });

  await change(s, ({ units: present }) => present.filter(({ name }) => name !== "n2"));
  await s.seconds(2);
  expect(sentSince(s, quiet).get("n")).toEqual(first);
  expect(s.mesos.violations).toEqual([]);
});

test("an executor that knows no peers is sent none, and the state says what follows from that", async () => {
  const s = await running();
  const calls = s.mesos.calls.length;
  await change(s, ({ units: present }) => present.filter(({ name }) => name !== "n"));
  await s.seconds(60);
  expect(sentSince(s, calls).size).toBe(0);
  expect(s.clusters.state("two").nodes[0]).toMatchObject({
    peers_version: "",
    peers_problem: expect.stringContaining("its executor is of an earlier version of CKE"),
  });
});

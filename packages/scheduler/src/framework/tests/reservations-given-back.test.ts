// Nodes with `reservation: true`: what is reserved is given back when it is no longer needed, and nothing else is.
import { Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { unitRecordSchema } from "../../workload/records/records.ts";
import {
  body,
  endExecutor,
  launched,
  operations,
  reservations,
  started,
  total,
  worker,
} from "../testing/reservation-scenario.ts";

test("B20: a delete ends all tasks, then gives back, and only then is the cluster gone", async () => {
  const s = await launched();
  await s.running("small", "m");
  await s.clusters.remove("small");
  await s.seconds(2);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.list()).toMatchObject([{ name: "small", status: "killing" }]);
  expect(reservations(s)).toMatchObject([{ state: "unreserving" }]);
  expect(s.clusters.state("small").plan.steps).toMatchObject([
    { step: "wait", explanation: expect.stringContaining("reserved on a is given back") },
  ]);
  expect(s.mesos.suppressed).toBe(false);
  await s.offer();
  await s.seconds(1);
  expect(operations(s)).toEqual([["RESERVE", "LAUNCH"], ["UNRESERVE"]]);
  expect(s.mesos.reserved()).toEqual([]);
  expect(s.clusters.list()).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
});

test("B20: a delete does not wait for ever for an agent; when that returns, it is cleaned", async () => {
  const s = await launched();
  await s.running("small", "m");
  await s.clusters.remove("small");
  await s.seconds(2);
  await s.seconds(640);
  expect(s.clusters.list()).toEqual([]);
  expect(total(s)).toEqual([1.41, 2144]);
  expect((await s.keys()).filter((key) => key.startsWith("reservations/"))).toHaveLength(1);
  await s.restart();
  expect(s.mesos.subscriptions.at(-1)?.suppressed_roles).toBeUndefined();
  await s.offer("a");
  expect(s.mesos.reserved()).toEqual([]);
  await s.offer("a");
  await s.seconds(300);
  await s.offer("a");
  await s.seconds(2);
  expect(await s.keys()).toEqual(["framework"]);
  expect(s.mesos.suppressed).toBe(true);
});

test("B20: what an earlier life, an earlier store or a lost record left is given back when it is offered", async () => {
  const s = await launched();
  await s.running("small", "m");
  for (const key of await s.keys()) await s.store.commit([{ op: "delete", key }]);
  for (const { info } of s.mesos.live()) s.mesos.tasks.delete(info.task_id.value);
  s.mesos.executors.clear();
  await s.restart();
  expect(total(s)).toEqual([1.41, 2144]);
  await s.offer();
  expect(operations(s).at(-1)).toEqual(["UNRESERVE"]);
  expect(s.mesos.reserved()).toEqual([]);
});

test("B20: resources of another framework, or reserved by an operator, are left alone", async () => {
  const s = await started({ options: { name: "other-cke" } });
  const [agent] = s.mesos.agents.keys();
  const label = (key: string, value: string) => ({ key, value });
  const foreign = [label("cke.framework", "cke-test"), label("cke.cluster", "small"), label("cke.node", "m")];
  for (const labels of [foreign, [label("who", "ops")]]) {
    const piece = {
      ...Resources.scalar("cpus", 1),
      reservations: [{ type: "DYNAMIC", role: "cke", labels: { labels } }],
    };
    s.mesos.totals.set(agent ?? "", [...(s.mesos.totals.get(agent ?? "") ?? []), piece]);
  }
  await s.offer();
  expect(operations(s)).toEqual([]);
  expect(s.mesos.reserved()).toHaveLength(2);
});

test("B20: a worker that leaves its host after its grace gives back what it had there", async () => {
  const s = await started({}, "a", "b");
  await s.clusters.create(body({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1" }, worker] }));
  await s.offer("a");
  for (const node of ["m", "w"]) await s.running("small", node);
  const reserved = total(s);
  await endExecutor(s, "w");
  await s.seconds(130);
  await s.offer("b");
  expect(s.launched("small", "w")).toContain("kubelet");
  expect(total(s)).toEqual(reserved.map((amount) => amount * 2));
  await s.offer("a");
  expect(operations(s).at(-1)).toEqual(["UNRESERVE"]);
  expect(total(s)).toEqual(reserved);
  await s.seconds(1);
  expect(s.clusters.state("small").nodes[1]?.reservations).toMatchObject([{ host: "b", state: "reserved" }]);
});

test("B20: a reservation that is gone from its agent is forgotten, and the node is reserved for anew", async () => {
  const s = await launched();
  await s.running("small", "m");
  await endExecutor(s);
  s.mesos.totals.set("S-a", [Resources.scalar("cpus", 8), Resources.scalar("mem", 9000)]);
  await s.offer();
  expect(s.clusters.state("small").nodes[0]?.reason).toContain("does not offer all that is reserved for it there yet");
  await s.seconds(61);
  await s.offer();
  await s.offer();
  expect(s.launched("small", "m")).toContain("etcd");
  expect(operations(s).at(-1)).toEqual(["RESERVE", "LAUNCH"]);
});

test("B20: a node that shrank gives back what it no longer needs when it is launched again; one that grew reserves more", async () => {
  const s = await launched();
  await s.running("small", "m");
  const extra = { ...Resources.scalar("cpus", 2), reservations: s.mesos.reserved()[0]?.reservations ?? [] };
  s.mesos.totals.set("S-a", Resources.sum(s.mesos.totals.get("S-a") ?? [], [extra]));
  expect(total(s)).toEqual([3.41, 2144]);
  await endExecutor(s);
  await s.offer();
  expect(operations(s).at(-1)).toEqual(["UNRESERVE", "LAUNCH"]);
  expect(total(s)).toEqual([1.41, 2144]);
  expect(reservations(s)).toMatchObject([{ state: "reserved", cpu: 1.41, mem: 2144 }]);
  await s.running("small", "m");
  await endExecutor(s);
  const stored = await s.store.get("units/small/m");
  const record = unitRecordSchema.parse(stored?.value);
  // As if less had been needed when it was launched last.
  const less = record.reservations.map((one) => ({ ...one, amounts: { ...one.amounts, cpus: 1 } }));
  await s.store.commit([{ op: "put", key: "units/small/m", value: { ...record, reservations: less } }]);
  const smaller = s.mesos
    .reserved()
    .map((piece) => (piece.name === "cpus" ? { ...piece, scalar: { value: 1 } } : piece));
  s.mesos.totals.set("S-a", [...smaller, Resources.scalar("cpus", 4), Resources.scalar("mem", 4_000)]);
  await s.restart();
  await s.seconds(3);
  await s.offer();
  expect(operations(s).at(-1)).toEqual(["RESERVE", "LAUNCH"]);
  expect(total(s)).toEqual([1.41, 2144]);
});

// Nodes with `reservation: true`, from the first launch to the last UNRESERVE.
import { Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { ownerOf } from "../../workload/reservations/reservation.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario, type ScenarioOptions } from "../testing/scenario.ts";

const body = (more: Readonly<Record<string, unknown>> = {}) =>
  smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", reservation: true }], ...more });
const worker = { name: "w", type: "node", node_ip: "10.0.0.2", reservation: true };

const started = async (options: ScenarioOptions = {}, ...agents: readonly string[]) => {
  const s = await new Scenario(options).start();
  for (const name of agents.length === 0 ? ["a"] : agents) s.mesos.addAgent(name);
  return s;
};
const launched = async (options: ScenarioOptions = {}, ...agents: readonly string[]) => {
  const s = await started(options, ...agents);
  await s.clusters.create(body());
  await s.offer();
  return s;
};
const operations = (s: Scenario) =>
  s.mesos.calls.flatMap((call) =>
    call.type === "ACCEPT" ? [(call.accept.operations ?? []).map(({ type }) => type)] : [],
  );
const reservations = (s: Scenario) => s.clusters.state("small").nodes[0]?.reservations;
/** Total of what is reserved, by cpus and memory. */
const total = (s: Scenario) => {
  const all = s.mesos.reserved();
  return [Resources.scalarOf(all, "cpus"), Resources.scalarOf(all, "mem")];
};
const endExecutor = async (s: Scenario, node = "m") => {
  s.mesos.failExecutor(s.task("small", node).executorId);
  await s.seconds(1);
};

test("B20: a node is reserved and launched in one ACCEPT, and its tasks hold exactly what is reserved", async () => {
  const s = await launched({ options: { principal: "me" } });
  expect(operations(s)).toEqual([["RESERVE", "LAUNCH"]]);
  expect(s.launched("small", "m")).toContain("etcd");
  expect(total(s)).toEqual([1.41, 2144]);
  const [piece] = s.mesos.reserved();
  expect(piece?.reservations?.[0]).toMatchObject({ type: "DYNAMIC", role: "cke", principal: "me" });
  expect(piece && ownerOf(piece)).toMatchObject({ framework: "cke-test", workload: "small", unit: "m" });
  // Nothing of it is free: executor and tasks have all of it.
  expect(s.mesos.free("S-a").filter((one) => Resources.isReserved(one))).toEqual([]);
  expect(reservations(s)).toMatchObject([{ host: "a", role: "cke", state: "reserved", cpu: 1.41, mem: 2144 }]);
});

test("B20: the answer to an operation is acknowledged only after it is stored", async () => {
  const s = await started();
  const order: string[] = [];
  s.mesos.beforeCall = ({ type }) => void (type === "ACKNOWLEDGE_OPERATION_STATUS" && order.push("acknowledge"));
  const commit = s.store.commit.bind(s.store);
  s.store.commit = async (list, guard) => {
    const result = await commit(list, guard);
    const stored = JSON.stringify(list);
    if (stored.includes('"state":"reserved"')) order.push("reserved");
    if (stored.includes('"state":"intended"')) order.push("intended");
    return result;
  };
  s.mesos.afterCall = ({ type }) => void (type === "ACCEPT" && order.push("accept"));
  await s.clusters.create(body());
  await s.offer();
  expect(order.slice(0, 4)).toEqual(["intended", "accept", "reserved", "acknowledge"]);
  expect(s.mesos.acceptance.operations.size).toBe(0);
});

test("B20: a node that is launched again uses what is reserved for it, and reserves nothing anew", async () => {
  const s = await launched({}, "a", "b");
  await s.running("small", "m");
  await endExecutor(s);
  await s.offer("b");
  await s.offer("a");
  expect(operations(s)).toEqual([["RESERVE", "LAUNCH"], ["LAUNCH"]]);
  expect(s.mesos.free("S-a").filter((one) => Resources.isReserved(one))).toEqual([]);
  expect(total(s)).toEqual([1.41, 2144]);
});

test("B20: nobody else gets it: not another cluster, not the same node of a later life", async () => {
  const s = await launched();
  s.mesos.totals.set("S-a", s.mesos.reserved());
  await s.running("small", "m");
  await endExecutor(s);
  await s.clusters.create(smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9" }] }));
  await settle();
  await s.offer();
  expect(s.launched("other", "m")).toEqual([]);
  expect(s.launched("small", "m")).toContain("etcd");
  expect(s.clusters.state("other").nodes[0]?.reason).toContain("a has cpus 0 of 1.41");
});

test("B20: it is kept over a restart of the scheduler that never heard the answer", async () => {
  const s = await started();
  s.mesos.afterCall = ({ type }) => {
    if (type === "ACCEPT") s.mesos.connection.disconnect();
  };
  await s.clusters.create(body());
  await s.offer();
  s.mesos.afterCall = () => undefined;
  expect(total(s)).toEqual([1.41, 2144]);
  await s.restart();
  await s.seconds(2);
  expect(reservations(s)).toMatchObject([{ state: "reserved" }]);
  expect(s.callsOf("RECONCILE_OPERATIONS")).toHaveLength(1);
  expect(operations(s)).toEqual([["RESERVE", "LAUNCH"]]);
});

test("B20: an operation that stays silent is asked for; one that Mesos never got is done anew", async () => {
  const s = await started();
  s.mesos.beforeCall = ({ type }) => {
    if (type === "ACCEPT") s.mesos.refuseCalls = true;
  };
  await s.clusters.create(body());
  await s.offer();
  expect(reservations(s)).toMatchObject([{ state: "intended" }]);
  s.mesos.beforeCall = () => undefined;
  s.mesos.refuseCalls = false;
  s.mesos.offered.clear();
  await s.seconds(40);
  expect(s.callsOf("RECONCILE_OPERATIONS").length).toBeGreaterThan(0);
  await s.offer();
  expect(operations(s)).toEqual([["RESERVE", "LAUNCH"]]);
  expect(total(s)).toEqual([1.41, 2144]);
});

test("B20: a reservation that Mesos refuses is told, and tried again slowly", async () => {
  const s = await started();
  s.mesos.acceptance.refuseReservations = true;
  await s.clusters.create(body());
  await s.offer();
  await s.seconds(2);
  expect(s.launched("small", "m")).toEqual([]);
  expect(reservations(s)).toMatchObject([{ state: "refused", problem: "not possible" }]);
  expect(s.clusters.state("small").nodes[0]?.reason).toContain("Mesos does not reserve for it on a: not possible");
  s.mesos.acceptance.refuseReservations = false;
  await s.seconds(31);
  await s.offer();
  expect(s.launched("small", "m")).toContain("etcd");
});

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

test("B20: with a master that gives no answers, offers alone tell", async () => {
  const s = await started();
  s.mesos.masterVersion = "1.8.1";
  s.mesos.connection.reconnect();
  await settle();
  await s.clusters.create(body());
  await s.offer();
  expect(JSON.stringify(s.callsOf("ACCEPT"))).not.toContain(".reserve");
  await s.running("small", "m");
  await endExecutor(s);
  await s.offer();
  expect(reservations(s)).toMatchObject([{ state: "reserved" }]);
  await s.running("small", "m");
  await s.clusters.remove("small");
  for (let round = 0; round < 3; round += 1) {
    await s.seconds(2);
    await s.offer();
  }
  expect(operations(s).slice(-2)).toEqual([["LAUNCH"], ["UNRESERVE"]]);
  expect(s.mesos.reserved()).toEqual([]);
  await s.seconds(62);
  await s.offer();
  await s.seconds(2);
  expect(s.clusters.list()).toEqual([]);
});

test("B20: an agent without operation feedback is asked for none: the next reservation there has no id", async () => {
  const s = await started();
  s.mesos.acceptance.silentAgents.add("S-a");
  await s.clusters.create(body());
  await s.offer();
  await s.seconds(2);
  expect(s.launched("small", "m")).toEqual([]);
  await s.seconds(31);
  await s.offer();
  expect(s.launched("small", "m")).toContain("etcd");
  const ids = s.mesos.calls.flatMap((call) =>
    call.type === "ACCEPT"
      ? (call.accept.operations ?? []).flatMap(({ type, id }) => (type === "RESERVE" ? [id !== undefined] : []))
      : [],
  );
  expect(ids).toEqual([true, false]);
  expect(total(s)).toEqual([1.41, 2144]);
});

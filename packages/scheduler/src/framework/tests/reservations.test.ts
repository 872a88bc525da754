// Nodes with `reservation: true`: reserved with the launch, used again, and told by feedback or by offers alone.
import { Resources } from "@cke/mesos";
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { ownerOf } from "../../workload/reservations/reservation.ts";
import { settle } from "../testing/manual-clock.ts";
import {
  body,
  endExecutor,
  launched,
  operations,
  reservations,
  started,
  total,
} from "../testing/reservation-scenario.ts";

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

// What the scheduler says to Mesos about offers: silence, news, filters, constraints, and what it accepts.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

type CallOf<Type extends FrameworkCall["type"]> = Extract<FrameworkCall, { readonly type: Type }>;
const isOf =
  <Type extends FrameworkCall["type"]>(type: Type) =>
  (call: FrameworkCall): call is CallOf<Type> =>
    call.type === type;
const calls = <Type extends FrameworkCall["type"]>(s: Scenario, type: Type) => s.mesos.calls.filter(isOf(type));

const body = (name: string, index: number, more: Readonly<Record<string, unknown>> = {}, cluster = {}) =>
  smallBody({ name, nodes: [{ name: "m", type: "master", node_ip: `10.0.0.${index}`, ...more }], ...cluster });
const two = () => new Scenario({ options: { roles: ["a", "b"] } }).start();

test("B16: only the role whose work waits is revived, and suppressed again when it is placed", async () => {
  const s = await two();
  s.mesos.addAgent("h");
  await s.seconds(16);
  expect([...s.mesos.suppressedRoles].sort()).toEqual(["a", "b"]);
  await s.clusters.create(body("one", 1, {}, { role: "b" }));
  await settle();
  expect([...s.mesos.suppressedRoles]).toEqual(["a"]);
  expect(calls(s, "REVIVE").map(({ revive }) => revive?.roles)).toEqual([["b"]]);
  s.mesos.offerTo("b");
  await s.seconds(1);
  expect(s.launched("one", "m")).toContain("etcd");
  expect([...s.mesos.suppressedRoles].sort()).toEqual(["a", "b"]);
  await s.seconds(300);
  expect(calls(s, "SUPPRESS")).toHaveLength(2);
});

test("B16: no offer is held: what is not used is declined at once, briefly where something waits, for long elsewhere", async () => {
  const s = await two();
  for (const host of ["h1", "h2", "h3"]) s.mesos.addAgent(host, { cpus: 0.5 });
  await s.clusters.create(body("one", 1, {}, { role: "b" }));
  await settle();
  s.mesos.offerTo("b");
  await settle();
  s.mesos.offerTo("a");
  await settle();
  expect(s.mesos.offered.size).toBe(0);
  expect(
    calls(s, "DECLINE").map(({ decline }) => [decline.offer_ids?.length, decline.filters?.refuse_seconds]),
  ).toEqual([
    [3, 5],
    [3, 3_600],
  ]);
});

test("B16: a REVIVE that brings no offer is repeated after a minute, not before", async () => {
  const s = await two();
  await s.clusters.create(body("one", 1));
  await settle();
  const before = calls(s, "REVIVE").length;
  await s.seconds(58);
  expect(calls(s, "REVIVE")).toHaveLength(before);
  await s.seconds(4);
  expect(calls(s, "REVIVE")).toHaveLength(before + 1);
});

test("B17: a scheduler that comes back to what runs asks for silence in SUBSCRIBE, one with work does not", async () => {
  const s = await two();
  s.mesos.addAgent("h");
  expect(s.mesos.subscriptions[0]?.suppressed_roles).toBeUndefined();
  await s.clusters.create(body("one", 1, {}, { role: "a" }));
  await s.offer();
  await s.running("one", "m");
  await s.restart();
  expect(s.mesos.subscriptions[1]?.suppressed_roles).toEqual(["a", "b"]);
  await s.seconds(5);
  expect(calls(s, "REVIVE").filter(({ revive }) => revive?.roles?.includes("b"))).toEqual([]);
  await s.clusters.create(body("two", 2, {}, { role: "b" }));
  await s.restart();
  expect(s.mesos.subscriptions[2]?.suppressed_roles).toEqual(["a"]);
  expect([...s.mesos.suppressedRoles]).toEqual(["a"]);
});

test("B17: offers too small for any process are not wanted", async () => {
  const s = await two();
  const smallest = {
    min_allocatable_resources: { quantities: [{ quantities: { cpus: { value: 0.01 }, mem: { value: 16 } } }] },
  };
  expect(s.mesos.subscriptions[0]?.framework_info.offer_filters).toEqual({ a: smallest, b: smallest });
});

test("B17: while only pinned work waits only its hosts are asked for, and everything else as soon as more waits", async () => {
  const s = await two();
  await s.seconds(16);
  await s.clusters.create(body("one", 1, { host: "H1.example" }, { role: "a" }));
  await settle();
  const [first] = calls(s, "UPDATE_FRAMEWORK");
  expect(first?.update_framework.framework_info).toEqual({
    ...s.mesos.subscriptions[0]?.framework_info,
    id: { value: "F-1" },
  });
  expect(Object.keys(s.mesos.constraints?.role_constraints ?? {})).toEqual(["a"]);
  expect(JSON.stringify(s.mesos.constraints)).toContain("(?i:H1\\\\.example)");
  // It says again which roles are silent: Mesos takes the call as a whole.
  expect([...s.mesos.suppressedRoles]).toEqual(["b"]);
  await s.clusters.create(body("two", 2, {}, { role: "a" }));
  await settle();
  expect(s.mesos.constraints).toBeUndefined();
  expect(calls(s, "UPDATE_FRAMEWORK")).toHaveLength(2);
  await s.seconds(60);
  expect(calls(s, "UPDATE_FRAMEWORK")).toHaveLength(2);
});

test("B17: constraints that Mesos did not take are told again; an old master is never asked", async () => {
  const s = await two();
  await s.seconds(16);
  s.mesos.beforeCall = ({ type }) => {
    s.mesos.refuseCalls = type === "UPDATE_FRAMEWORK";
  };
  await s.clusters.create(body("one", 1, { host: "h" }));
  await settle();
  expect(s.mesos.constraints).toBeUndefined();
  s.mesos.beforeCall = () => undefined;
  s.mesos.refuseCalls = false;
  await s.seconds(6);
  expect(s.mesos.constraints).toBeDefined();
  const old = await two();
  old.mesos.masterVersion = "1.10.0";
  old.mesos.connection.reconnect();
  await old.seconds(16);
  await old.clusters.create(body("one", 1, { host: "h" }));
  await old.seconds(6);
  expect(calls(old, "UPDATE_FRAMEWORK")).toEqual([]);
});

test("B17: constraints whose answer was lost are taken back all the same when more waits", async () => {
  const s = await two();
  await s.seconds(16);
  s.mesos.losesAnswer = ({ type }) => type === "UPDATE_FRAMEWORK";
  await s.clusters.create(body("one", 1, { host: "h" }));
  await settle();
  expect(s.mesos.constraints).toBeDefined();
  s.mesos.losesAnswer = () => false;
  await s.clusters.create(body("two", 2));
  await s.seconds(6);
  expect(s.mesos.constraints).toBeUndefined();
  const told = calls(s, "UPDATE_FRAMEWORK").length;
  await s.seconds(60);
  expect(calls(s, "UPDATE_FRAMEWORK")).toHaveLength(told);
});

test("B17: constraints that Mesos calls invalid are left out, so that no older ones hide what waits", async () => {
  const s = await two();
  await s.seconds(16);
  await s.clusters.create(body("one", 1, { host: "h1" }));
  await settle();
  expect(s.mesos.constraints).toBeDefined();
  s.mesos.rejects = (call) => call.type === "UPDATE_FRAMEWORK" && JSON.stringify(call).includes("h2");
  await s.clusters.create(body("two", 2, { host: "h2" }));
  await s.seconds(7);
  expect(s.mesos.constraints).toBeUndefined();
  const told = calls(s, "UPDATE_FRAMEWORK").length;
  await s.seconds(60);
  expect(calls(s, "UPDATE_FRAMEWORK")).toHaveLength(told);
});

test("B18: an offer is used once, in one ACCEPT with offers of one agent and role, every resource allocated to it", async () => {
  const s = await two();
  for (const host of ["h1", "h2"]) s.mesos.addAgent(host);
  for (const index of [1, 2, 3, 4]) await s.clusters.create(body(`c${index}`, index, { reservation: true }));
  await settle();
  s.mesos.offerTo("a", "h1");
  s.mesos.offerTo("b", "h2");
  await settle();
  const accepts = calls(s, "ACCEPT");
  const ids = accepts.flatMap(({ accept }) => (accept.offer_ids ?? []).map(({ value }) => value));
  const declined = calls(s, "DECLINE").flatMap(({ decline }) => (decline.offer_ids ?? []).map(({ value }) => value));
  expect(new Set([...ids, ...declined]).size).toBe(ids.length + declined.length);
  expect(s.mesos.violations).toEqual([]);
  for (const { accept } of accepts) {
    const roles = JSON.stringify(accept.operations).match(/"allocation_info":\{"role":"[^"]+"\}/g);
    expect(new Set(roles).size).toBe(1);
    const resources = (accept.operations ?? []).flatMap(({ reserve, launch }) => [
      ...(reserve?.resources ?? []),
      ...(launch?.task_infos ?? []).flatMap((task) => [...(task.resources ?? []), ...(task.executor?.resources ?? [])]),
    ]);
    expect(resources.every(({ allocation_info }) => allocation_info?.role !== undefined)).toBe(true);
  }
});

/** The master takes the offer back while the next ACCEPT is on its way. */
const rescindWhileAccepted = ({ mesos }: Scenario) => {
  mesos.beforeCall = (call) => {
    if (call.type !== "ACCEPT") return;
    for (const { value } of call.accept.offer_ids ?? []) mesos.rescind(value);
    mesos.beforeCall = () => undefined;
  };
};

test("B18: an offer that was rescinded meanwhile costs nothing but another offer", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("h");
  await s.clusters.create(body("one", 1));
  await settle();
  rescindWhileAccepted(s);
  await s.offer();
  await settle();
  expect(s.launched("one", "m")).toEqual([]);
  expect(s.clusters.state("one").nodes[0]?.failures).toBe(0);
  await s.offer();
  expect(s.launched("one", "m")).toContain("etcd");
  expect(s.mesos.violations).toEqual([]);
});

test("B18: so does one for a process that is launched again", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("h");
  await s.clusters.create(body("one", 1));
  await s.offer();
  await s.running("one", "m");
  s.mesos.update(s.id("one", "m", "etcd"), "TASK_FAILED");
  await s.seconds(2);
  rescindWhileAccepted(s);
  await s.offer();
  await settle();
  await s.offer();
  expect(s.launched("one", "m")).toContain("etcd");
  expect(s.mesos.violations).toEqual([]);
});

test("B19: a cluster is launched on offers to its role only, and says why it waits", async () => {
  const s = await new Scenario({ options: { roles: ["org/a", "org/b"] } }).start();
  s.mesos.addAgent("h");
  await s.clusters.create(body("one", 1, { reservation: true }, { role: "org/b" }));
  await settle();
  s.mesos.offerTo("org/a");
  await settle();
  expect(s.launched("one", "m")).toEqual([]);
  expect(s.clusters.state("one").nodes[0]?.reason).toContain("h offers role org/a, not org/b");
  s.mesos.offerTo("org/b");
  await settle();
  expect(s.launched("one", "m")).toContain("etcd");
  expect(new Set(s.mesos.reserved().map(({ reservations }) => reservations?.at(-1)?.role))).toEqual(new Set(["org/b"]));
});

test("B24: an OFFERS event costs one ACCEPT for each agent that is used and one DECLINE for all the others", async () => {
  const s = await new Scenario().start();
  for (let index = 0; index < 200; index += 1) s.mesos.addAgent(`h${index}`, { cpus: 0.5 });
  for (const host of ["big1", "big2"]) s.mesos.addAgent(host, { cpus: 3 });
  for (const index of [1, 2, 3, 4]) await s.clusters.create(body(`c${index}`, index));
  await settle();
  const before = s.mesos.calls.length;
  await s.offer();
  const made = s.mesos.calls.slice(before).map(({ type }) => type);
  expect(made.filter((type) => type === "ACCEPT")).toHaveLength(2);
  expect(made.filter((type) => type === "DECLINE")).toHaveLength(1);
  expect(calls(s, "ACCEPT").map(({ accept }) => accept.operations?.length)).toEqual([1, 1]);
  expect(s.mesos.offered.size).toBe(0);
});

test("B16: an offer that cannot be read is declined for long, and costs no other one", async () => {
  const s = await two();
  s.mesos.addAgent("h");
  await s.clusters.create(body("one", 1, {}, { role: "b" }));
  await settle();
  const send = s.mesos.send.bind(s.mesos);
  s.mesos.send = (event) => {
    if (event.type !== "OFFERS") return send(event);
    const offers = event.offers.offers ?? [];
    const strange = { ...offers[0], id: { value: "strange" }, resources: [{ name: "x", type: "SOMETHING_NEW" }] };
    const original = { type: "OFFERS", offers: { offers: [strange, ...offers] } };
    send({ type: "UNKNOWN", name: "OFFERS", problem: "test", original });
  };
  s.mesos.offerTo("b");
  await s.seconds(1);
  expect(s.launched("one", "m")).toContain("etcd");
  expect(calls(s, "DECLINE").map(({ decline }) => [decline.offer_ids, decline.filters?.refuse_seconds])).toContainEqual(
    [[{ value: "strange" }], 3_600],
  );
});

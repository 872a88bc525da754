// What a deleted cluster has reserved is given back, whatever still runs and whatever was declined.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { Scenario } from "../testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1", reservation: true },
  { name: "w", type: "node", node_ip: "10.0.0.2", reservation: true },
];

/** Both nodes on a. */
async function launched(): Promise<Scenario> {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  for (const node of ["m", "w"]) await s.running("small", node);
  return s;
}
const tombstones = async (s: Scenario) => (await s.keys()).filter((key) => key.startsWith("reservations/"));

test("B20: nothing of a cluster is given up while its nodes still run, however long ago it was reserved", async () => {
  const s = await launched();
  await s.seconds(700);
  // Nothing is killed.
  s.mesos.beforeCall = ({ type }) => {
    s.mesos.refuseCalls = type === "KILL" || type === "SHUTDOWN";
  };
  await s.clusters.remove("small");
  await s.seconds(5);
  expect(s.mesos.live().length).toBeGreaterThan(0);
  expect(await tombstones(s)).toEqual([]);
});

test("B20: a host that begins to be waited for is asked for anew, although offers flow already", async () => {
  const s = await new Scenario().start();
  // A new framework looks at every agent first.
  await s.seconds(20);
  for (const host of ["a", "b"]) s.mesos.addAgent(host);
  await s.clusters.create(smallBody({ nodes: [nodes[0]] }));
  await s.offer("a");
  await s.running("small", "m");
  await s.clusters.create(
    smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9", reservation: true }] }),
  );
  await s.offer("b");
  await s.running("other", "m");
  await s.clusters.remove("small");
  await s.seconds(2);
  const before = s.callsOf("REVIVE").length;
  await s.seconds(10);
  expect(s.callsOf("REVIVE").length).toBe(before);
  await s.clusters.remove("other");
  await s.seconds(2);
  expect(s.callsOf("REVIVE").length).toBe(before + 1);
});

test("B20: a reservation that was given up is not forgotten while tasks on a returned agent may hold it", async () => {
  const s = await launched();
  await s.clusters.remove("small");
  await s.seconds(700);
  expect(s.clusters.list()).toEqual([]);
  expect((await tombstones(s)).length).toBe(2);
  // The agent is back with something of it in use: it is not offered.
  const all = s.mesos.totals.get("S-a") ?? [];
  s.mesos.totals.set(
    "S-a",
    all.filter(({ reservations = [] }) => reservations.length === 0),
  );
  for (let round = 0; round < 20; round += 1) {
    await s.offer("a");
    await s.seconds(5);
  }
  expect((await tombstones(s)).length).toBe(2);
  s.mesos.totals.set("S-a", all);
  await s.offer("a");
  expect(s.mesos.reserved()).toEqual([]);
  for (let round = 0; round < 70; round += 1) {
    await s.offer("a");
    await s.seconds(5);
  }
  expect(await s.keys()).toEqual(["framework"]);
});

const given = (s: Scenario) =>
  s.mesos.calls.flatMap((call) =>
    call.type === "ACCEPT" ? (call.accept.operations ?? []).filter(({ type }) => type === "UNRESERVE") : [],
  ).length;

test("B20: what Mesos does not give back is tried ever more rarely, and the cluster's log says why", async () => {
  const s = await launched();
  s.mesos.acceptance.refuseReleases = true;
  await s.clusters.remove("small");
  for (let second = 0; second < 300; second += 1) {
    await s.seconds(1);
    await s.offer("a");
  }
  // Two nodes, 300 s.
  expect(given(s)).toBeLessThanOrEqual(20);
  expect(given(s)).toBeGreaterThanOrEqual(10);
  const told = logLines(s.clusters.log("small"));
  expect(told.some((line) => /a does not give back what is reserved for the unit: not possible/.test(line))).toBe(true);
  s.mesos.acceptance.refuseReleases = false;
  for (let second = 0; second < 300; second += 5) {
    await s.seconds(5);
    await s.offer("a");
  }
  expect(s.mesos.reserved()).toEqual([]);
});

test("B20: nor is what nobody owns any more given back in a loop while something waits", async () => {
  const s = await launched();
  // The framework and its store are new, so that the cluster is not known.
  await s.restart(new MemoryStore());
  for (const { info } of s.mesos.live()) s.mesos.update(info.task_id.value, "TASK_FAILED");
  s.mesos.executors.clear();
  await s.seconds(5);
  s.mesos.acceptance.refuseReleases = true;
  await s.clusters.create(smallBody({ name: "huge", host: "nowhere" }));
  const before = given(s);
  for (let second = 0; second < 120; second += 1) {
    await s.seconds(1);
    await s.offer("a");
  }
  expect(given(s) - before).toBeLessThanOrEqual(16);
  expect(given(s) - before).toBeGreaterThanOrEqual(4);
});

test("B20: what is reserved on an agent that is marked gone is not awaited for ever, though none of its tasks was there", async () => {
  const s = await launched();
  // Both move: b takes them, and a is to give back what it keeps.
  s.mesos.addAgent("b");
  s.mesos.unavailable.set("S-a", { start: { nanoseconds: BigInt(s.clock.now()) * 1_000_000n } });
  await s.seconds(700);
  for (const node of ["w"]) await s.clusters.changePlan("small", "retry", { node }, "");
  const records = async () => (await s.store.list("units/")).map(({ value }) => JSON.stringify(value));
  s.mesos.failExecutor(s.tasksOf("small", "w")[0]?.executorId ?? "");
  await s.seconds(600);
  await s.offer("b");
  await s.running("small", "w");
  expect((await records()).join()).toContain('"unreserving"');
  s.mesos.agents.delete("S-a");
  s.mesos.goneAgents.add("S-a");
  await s.seconds(120);
  expect((await records()).join()).not.toContain('"unreserving"');
  expect(s.mesos.suppressed).toBe(true);
});

test("B16: while an agent is awaited, another one in its place is not asked every few seconds", async () => {
  const s = await launched();
  await s.clusters.remove("small");
  await s.seconds(700);
  expect((await tombstones(s)).length).toBe(2);
  // The host was set up anew, and the old agent is not marked gone.
  s.mesos.agents.delete("S-a");
  s.mesos.addAgent("a", { id: "S-a2" });
  await s.offer("a");
  expect(s.callsOf("DECLINE").at(-1)).toMatchObject({ decline: { filters: { refuse_seconds: 3_600 } } });
});

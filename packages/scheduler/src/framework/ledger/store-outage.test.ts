// The store is away for a while, or for ever: what waits, what is refused, and what goes on by itself.
import { expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { StoreError } from "../../store/store.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

/** A running cluster whose store a test can take away and give back. */
async function outage() {
  const s = await Scenario.running();
  await s.seconds(2);
  const { commit, healthy } = s.store;
  return {
    s,
    lose: (code: "store_unavailable" | "not_leader" | "conflict" = "store_unavailable") => {
      s.store.commit = async () => {
        throw new StoreError(code, "gone for the test");
      };
      s.store.healthy = async () => false;
    },
    restore: () => Object.assign(s.store, { commit: commit.bind(s.store), healthy: healthy.bind(s.store) }),
  };
}

const other = smallBody({ name: "other", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9" }] });

test("a store that is away for a minute: nothing is touched, reads go on, and everything resumes", async () => {
  const { s, lose, restore } = await outage();
  const etcd = s.id("small", "m", "etcd");
  lose();
  const calls = s.mesos.calls.length;
  for (const state of ["TASK_RUNNING", "TASK_RUNNING"] as const) s.mesos.update(etcd, state, { healthy: false });
  s.mesos.update(s.id("small", "m", "scheduler"), "TASK_FAILED", { message: "exit code 1" });
  await settle();
  await expect(s.clusters.create(other)).rejects.toMatchObject({ status: 503, code: "store_unavailable" });
  await expect(s.clusters.remove("small")).rejects.toMatchObject({ status: 503 });
  await s.seconds(60);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.clusters.connected()).toBe(true);
  expect(s.mesos.calls.slice(calls)).toEqual([]);
  restore();
  await s.seconds(6);
  expect(s.mesos.task(etcd).unacknowledged).toEqual([]);
  expect(s.clusters.get("small").status).toBe("degraded");
  await s.clusters.create(other);
  await s.offer();
  expect(s.launched("other", "m")).toContain("etcd");
  expect(s.launched("small", "m")).toContain("scheduler");
  expect(s.mesos.violations).toEqual([]);
});

test("offers that come while the store is away are declined for a short time, and nothing is launched", async () => {
  const { s, lose, restore } = await outage();
  await s.clusters.create(other);
  lose();
  await s.offer();
  await s.offer();
  expect(s.mesos.offered.size).toBe(0);
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
  for (const decline of s.callsOf("DECLINE").slice(-2))
    expect(decline).toMatchObject({ decline: { filters: { refuse_seconds: 5 } } });
  restore();
  await s.seconds(6);
  await s.offer();
  expect(s.launched("other", "m")).toContain("etcd");
});

test("a delete that is stored goes on after the outage; none of its kills is sent while nothing can be stored", async () => {
  const { s, lose, restore } = await outage();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  lose();
  s.mesos.update(s.id("small", "m", "etcd"), "TASK_RUNNING", { healthy: false });
  await settle();
  const kills = s.callsOf("KILL").length;
  await s.seconds(60);
  expect(s.callsOf("KILL")).toHaveLength(kills);
  restore();
  await s.seconds(6);
  expect(s.callsOf("KILL").length).toBeGreaterThan(kills);
});

test("a subscription during an outage: the framework id is stored before anything else is called", async () => {
  const s = new Scenario();
  const { commit } = s.store;
  s.store.commit = async () => {
    throw new StoreError("store_unavailable", "gone for the test");
  };
  await s.clusters.start();
  await s.seconds(30);
  expect(s.clusters.connected()).toBe(false);
  expect(s.mesos.calls).toEqual([]);
  s.store.commit = commit.bind(s.store);
  await s.seconds(6);
  expect(s.clusters.connected()).toBe(true);
  expect((await s.store.get("framework"))?.value).toEqual({ id: "F-1", name: "cke-test" });
});

test.each(["not_leader", "conflict"] as const)(
  "%s ends this scheduler, and it calls nothing any more",
  async (code) => {
    const { s, lose } = await outage();
    lose(code);
    s.mesos.update(s.id("small", "m", "etcd"), "TASK_FAILED", { message: "exit code 1" });
    await settle();
    const calls = s.mesos.calls.length;
    expect(s.fatal.map((error) => error.code)).toEqual([code]);
    await s.offer();
    await s.seconds(60);
    expect(s.mesos.calls).toHaveLength(calls);
    expect(s.fatal).toHaveLength(1);
    await s.clusters.stop();
    expect(s.clock.pending).toBe(0);
  },
);

test("a request that finds out that another scheduler leads ends this one as well", async () => {
  const { s, lose } = await outage();
  lose("not_leader");
  await expect(s.clusters.create(other)).rejects.toMatchObject({ code: "not_leader" });
  expect(s.fatal.map((error) => error.code)).toEqual(["not_leader"]);
});

test("B6: of updates in several commits only those of commits that were stored are acknowledged, the others later", async () => {
  const s = await new Scenario().start();
  const nodes = Array.from({ length: 220 }, (_, index) => ({
    name: `n${index}`,
    type: index === 0 ? "master" : "node",
    node_ip: `10.1.${Math.floor(index / 200)}.${1 + (index % 200)}`,
  }));
  for (const { name } of nodes) s.mesos.addAgent(`agent-${name}`);
  await s.clusters.create(smallBody({ name: "big", nodes }));
  await s.offer();
  const ids = nodes.map(({ name }) => s.id("big", name));
  const commit = s.store.commit.bind(s.store);
  let commits = 0;
  s.store.commit = async (operations, guard) => {
    commits += 1;
    if (commits === 2) throw new StoreError("store_unavailable", "gone for the test");
    return await commit(operations, guard);
  };
  for (const id of ids) s.mesos.update(id, "TASK_STARTING");
  await settle();
  const waiting = () => ids.filter((id) => s.mesos.task(id).unacknowledged.length > 0);
  expect(commits).toBeGreaterThanOrEqual(2);
  // The third one was stored on top of the second, but no one may rely on it before the second is stored.
  const stored = ids.length - waiting().length;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThanOrEqual(100);
  await s.seconds(10);
  expect(waiting()).toEqual([]);
  const states = s.store.list("units/big/");
  for (const { value } of await states) expect(JSON.stringify(value)).toContain('"TASK_STARTING"');
  expect(s.mesos.violations).toEqual([]);
});

test("offers that are being looked at when the store goes away are declined as well, or nobody would ever have them", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  s.mesos.addAgent("b");
  const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.1", reservation: true }];
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  await s.running("small", "m");
  s.mesos.failExecutor(s.tasksOf("small", "m")[0]?.executorId ?? "");
  // Another client has undone the reservation. After a minute of such offers its record is removed, which is a commit.
  const all = s.mesos.totals.get("S-a") ?? [];
  s.mesos.totals.set(
    "S-a",
    all.filter(({ reservations = [] }) => reservations.length === 0),
  );
  await s.seconds(5);
  await s.offer();
  await s.seconds(61);
  let commits = 0;
  s.store.commit = async () => {
    commits += 1;
    throw new StoreError("store_unavailable", "gone for the test");
  };
  s.store.healthy = async () => false;
  await s.offer();
  expect(commits).toBeGreaterThan(0);
  expect(s.mesos.offered.size).toBe(0);
});

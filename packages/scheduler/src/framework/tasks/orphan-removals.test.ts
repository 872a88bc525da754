import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { RecordedState } from "../../workload/records/records.ts";
import { newTaskRecord } from "../../workload/records/records.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { OrphanRemovals, orphanAskMs, orphanLifeMs } from "./orphan-removals.ts";

const launch = (executorId: string, state: RecordedState) => {
  const task = newTaskRecord({ taskId: `${executorId}.node`, process: "", configHash: "", failures: 0 }, 0);
  return sampleLaunch({ executorId, tasks: [{ ...task, state }] });
};

const unasked = async () => {};

test("only what may still run is owed, and it is remembered until it ended or two weeks have passed", async () => {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const owed = new OrphanRemovals(store, clock, unasked);
  await owed.load();
  await owed.add("life", [
    launch("ended", "TASK_KILLED"),
    launch("away", "TASK_UNREACHABLE"),
    launch("lost", "TASK_UNKNOWN"),
  ]);
  expect(["ended", "away", "lost"].map((id) => owed.has(id))).toEqual([false, true, true]);
  await owed.add("life", [launch("cke.c.n.1", "TASK_UNREACHABLE")]);
  expect(owed.ofCluster("c")).toEqual([{ node: "n", hostname: "a", instance: "life" }]);
  owed.ended("cke.c.n.1", "cke.c.n.1.node");
  await owed.tick();

  const next = new OrphanRemovals(store, clock, unasked);
  await next.load();
  next.ended("away", "away.etcd");
  await next.tick();
  expect(next.has("away")).toBe(true);
  next.ended("away", "away.node");
  await next.tick();
  expect([next.has("away"), next.has("lost")]).toEqual([false, true]);
  await clock.advance(orphanLifeMs + 1);
  await next.tick();
  expect(next.has("lost")).toBe(false);
  expect(await store.list("")).toEqual([]);
});

test("what a newer version wrote is left alone", async () => {
  const store = new MemoryStore();
  await store.commit([{ op: "put", key: "removals/e", value: { kind: "new" } }]);
  const owed = new OrphanRemovals(store, new ManualClock(), unasked);
  await owed.load();
  await owed.tick();
  expect(owed.has("e")).toBe(false);
  expect(await store.list("")).toHaveLength(1);
});

test("Mesos is asked every hour: an agent that was marked gone never says so by itself", async () => {
  const clock = new ManualClock();
  const asked: unknown[] = [];
  const owed = new OrphanRemovals(new MemoryStore(), clock, async (tasks) => void asked.push(...tasks));
  await owed.add("life", [launch("cke.c.n.1", "TASK_UNREACHABLE")]);
  await owed.tick();
  expect(asked).toEqual([]);
  await clock.advance(orphanAskMs);
  await owed.tick();
  await owed.tick();
  expect(asked).toEqual([{ taskId: "cke.c.n.1.node", agentId: "S-a" }]);
});

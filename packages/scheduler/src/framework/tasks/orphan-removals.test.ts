import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { RecordedState } from "../../workload/records/records.ts";
import { newTaskRecord } from "../../workload/records/records.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { OrphanRemovals, orphanAskMs, orphanKeptMs } from "./orphan-removals.ts";

const launch = (executorId: string, state: RecordedState) => {
  const task = newTaskRecord({ taskId: `${executorId}.node`, process: "", configHash: "", failures: 0 }, 0);
  return sampleLaunch({ executorId, tasks: [{ ...task, state }] });
};

const unasked = async () => {};
const noUnits = { unit: () => undefined, commitUnits: async () => new Set<string>() };
const killed = (taskId: string) =>
  ({ task_id: { value: taskId }, state: "TASK_KILLED", source: "SOURCE_EXECUTOR" }) as const;

test("only what may still run is a removal to do, and it is remembered until it ended or two weeks have passed", async () => {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const removals = new OrphanRemovals(store, clock, noUnits, unasked);
  await removals.load();
  await removals.add("instance", [
    launch("ended", "TASK_KILLED"),
    launch("away", "TASK_UNREACHABLE"),
    launch("lost", "TASK_UNKNOWN"),
  ]);
  expect(["ended", "away", "lost"].map((id) => removals.has(id))).toEqual([false, true, true]);
  await removals.add("instance", [launch("cke.c.n.1", "TASK_UNREACHABLE")]);
  expect(removals.ofWorkload("c")).toEqual([{ unit: "n", hostname: "a", instance: "instance" }]);
  removals.ended("cke.c.n.1", killed("cke.c.n.1.node"));
  await removals.tick();

  const next = new OrphanRemovals(store, clock, noUnits, unasked);
  await next.load();
  next.ended("away", killed("away.etcd"));
  await next.tick();
  expect(next.has("away")).toBe(true);
  next.ended("away", killed("away.node"));
  await next.tick();
  expect([next.has("away"), next.has("lost")]).toEqual([false, true]);
  await clock.advance(orphanKeptMs + 1);
  await next.tick();
  expect(next.has("lost")).toBe(false);
  expect(await store.list("")).toEqual([]);
});

test("what a newer version wrote is left alone", async () => {
  const store = new MemoryStore();
  await store.commit([{ op: "put", key: "removals/e", value: { kind: "new" } }]);
  const removals = new OrphanRemovals(store, new ManualClock(), noUnits, unasked);
  await removals.load();
  await removals.tick();
  expect(removals.has("e")).toBe(false);
  expect(await store.list("")).toHaveLength(1);
});

test("Mesos is asked every hour: an agent that was marked gone never says so by itself", async () => {
  const clock = new ManualClock();
  const asked: unknown[] = [];
  const removals = new OrphanRemovals(new MemoryStore(), clock, noUnits, async (tasks) => void asked.push(...tasks));
  await removals.add("instance", [launch("cke.c.n.1", "TASK_UNREACHABLE")]);
  await removals.tick();
  expect(asked).toEqual([]);
  await clock.advance(orphanAskMs);
  await removals.tick();
  await removals.tick();
  expect(asked).toEqual([{ taskId: "cke.c.n.1.node", agentId: "S-a" }]);
});

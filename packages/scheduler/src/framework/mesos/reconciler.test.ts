import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import {
  agentsBackTaskId,
  chunkSize,
  implicitEveryMs,
  Reconciler,
  type ReconcileTask,
  sentinelTaskId,
} from "./reconciler.ts";

const tasks = (count: number): readonly ReconcileTask[] =>
  Array.from({ length: count }, (_, index) => ({
    taskId: `cke.cluster-${index % 1000}.node-${index % 20}.0m3k9v2a1f3e9c0d7.kube-apiserver.${index}`,
    agentId: "5f0f3a52-4f3e-4c7a-9f65-7a7a4c1f7d11-S123",
  }));

/** `answers`: false for a master whose agents are not all back. */
function reconciling(answers = true) {
  const clock = new ManualClock();
  const calls: (readonly ReconcileTask[])[] = [];
  /** The number of calls before each sentinel. */
  const marks: number[] = [];
  const reconcile = async (list: readonly ReconcileTask[]) => {
    if (list[0]?.taskId === sentinelTaskId) {
      marks.push(calls.length);
      if (answers) expect(reconciler.answeredMark(sentinelTaskId)).toBe("everything-named");
    } else calls.push(list);
  };
  const reconciler: Reconciler = new Reconciler(clock, { reconcile }, () => 1);
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second += 1) {
      await clock.advance(1_000);
      await reconciler.tick();
    }
  };
  return { clock, calls, marks, reconciler, seconds };
}

test("B11: live tasks are asked for at once, then again after 4, 8, 16, 30, 30 s until each is answered", async () => {
  const { calls, reconciler, seconds, clock } = reconciling();
  const started = clock.now();
  const times: number[] = [];
  await reconciler.begin(tasks(3));
  expect(calls.map((call) => call.length)).toEqual([3, 0]);
  reconciler.answered(tasks(3)[0]?.taskId ?? "");
  reconciler.unknown(tasks(3)[1]?.taskId ?? "");
  for (let second = 0; second < 120; second += 1) {
    const before = calls.length;
    await seconds(1);
    if (calls.length > before) times.push((clock.now() - started) / 1000);
  }
  expect(times).toEqual([4, 12, 28, 58, 88, 118]);
  expect(calls.at(-1)).toEqual(tasks(3).slice(1));
  for (const { taskId } of tasks(3)) reconciler.answered(taskId);
  const count = calls.length;
  await seconds(100);
  expect(calls).toHaveLength(count);
  expect(reconciler.pending).toBe(0);
});

test("B11: implicit reconciliation follows every subscription and comes every 15 minutes", async () => {
  const { calls, marks, reconciler, seconds } = reconciling();
  await reconciler.begin([]);
  expect(calls).toEqual([[]]);
  expect(marks).toEqual([1]);
  await seconds(implicitEveryMs / 1000 - 1);
  expect(calls).toHaveLength(1);
  await seconds(1);
  expect(calls).toEqual([[], []]);
  expect(marks).toEqual([1]);
});

test("B11: 20,000 tasks go in chunks, each as the one before is answered, each task asked once", async () => {
  const { calls, reconciler } = reconciling();
  await reconciler.begin(tasks(20_000));
  expect(calls.map((call) => call.length)).toEqual([chunkSize]);
  const asked: string[] = [];
  for (let index = 0; index < calls.length; index += 1) {
    for (const { taskId } of calls[index] ?? []) {
      asked.push(taskId);
      reconciler.answered(taskId);
      await reconciler.tick();
    }
  }
  expect(reconciler.pending).toBe(0);
  expect(new Set(asked).size).toBe(20_000);
  expect(asked).toHaveLength(20_000);
  // 20 chunks, and the implicit one at the end.
  expect(calls.map((call) => call.length)).toEqual([...Array.from({ length: 20 }, () => chunkSize), 0]);
  const bytes = Math.max(...calls.map((call) => Buffer.byteLength(JSON.stringify(call))));
  expect(bytes).toBeLessThan(200_000);
});

test("B11: a master that answers nothing gets a chunk a second, and one run at a time", async () => {
  const { calls, reconciler, seconds } = reconciling();
  await reconciler.begin(tasks(5_000));
  await seconds(2);
  expect(calls).toHaveLength(3);
  // A second subscription during the first run: a new run begins, and the old one ends.
  await reconciler.begin(tasks(2_500));
  await seconds(3);
  expect(calls.slice(3).map((call) => call.length)).toEqual([1_000, 1_000, 500, 0]);
});

test("B11: while agents are not back it is asked every 5 s whether they are; then everything is asked for once more", async () => {
  const { calls, marks, reconciler, seconds } = reconciling(false);
  const question = [{ taskId: agentsBackTaskId, agentId: "" }];
  await reconciler.begin([]);
  await seconds(4);
  expect(calls).toEqual([[]]);
  await seconds(11);
  expect(calls).toEqual([[], question, question, question]);
  expect(marks).toEqual([1]);
  expect(reconciler.answeredMark(agentsBackTaskId)).toBe("agents-back");
  await reconciler.tick();
  expect(calls.slice(4)).toEqual([[]]);
  expect(marks).toEqual([1, 5]);
  // The answer to this sentinel is lost with one more agent: the same again.
  await seconds(5);
  expect(calls.slice(5)).toEqual([question]);
  expect(reconciler.answeredMark(sentinelTaskId)).toBe("everything-named");
  expect(reconciler.answeredMark(agentsBackTaskId)).toBe("agents-back");
  await seconds(600);
  expect(calls).toHaveLength(6);
  expect(reconciler.answeredMark("cke.small.m.i1")).toBeUndefined();
});

import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { agentsBackTaskId, implicitEveryMs, sentinelTaskId } from "./implicit-reconciliation.ts";
import { chunkSize, Reconciler, type ReconcileTask } from "./reconciler.ts";

const tasks = (count: number): readonly ReconcileTask[] =>
  Array.from({ length: count }, (_, index) => ({
    taskId: `cke.cluster-${index % 1000}.node-${index % 20}.0m3k9v2a1f3e9c0d7.kube-apiserver.${index}`,
    agentId: "5f0f3a52-4f3e-4c7a-9f65-7a7a4c1f7d11-S123",
  }));

type Mark = "question" | "end";

/** `agentsBack`: false for a master whose agents are not all back. `calls` are without questions and ends, which are in `marks`. */
function reconciling(master: { agentsBack: boolean; takes: boolean } = { agentsBack: true, takes: true }) {
  const clock = new ManualClock();
  const calls: (readonly ReconcileTask[])[] = [];
  /** Each with the number of calls before it. */
  const marks: [Mark, number][] = [];
  const reconcile = async (list: readonly ReconcileTask[]) => {
    const id = list[0]?.taskId;
    if (id === sentinelTaskId || id === agentsBackTaskId) {
      marks.push([id === sentinelTaskId ? "end" : "question", calls.length]);
      if (master.takes && master.agentsBack) reconciler.answeredMark(id);
    } else calls.push(list);
    return master.takes;
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
  const once = [
    ["question", 0],
    ["end", 1],
  ];
  expect(calls).toEqual([[]]);
  expect(marks).toEqual(once);
  await seconds(implicitEveryMs / 1000 - 1);
  expect(calls).toHaveLength(1);
  await seconds(1);
  expect(calls).toEqual([[], []]);
  expect(marks).toEqual(once);
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

test("B11: it is asked whether all agents are back before any task is asked for", async () => {
  const { calls, marks, reconciler } = reconciling({ agentsBack: false, takes: true });
  await reconciler.begin(tasks(3));
  expect(calls).toHaveLength(1);
  expect(marks).toEqual([["question", 0]]);
});

test("B11: while agents are not back everything is asked for once, and once more when they are; then its end is asked for", async () => {
  const master = { agentsBack: false, takes: true };
  const { calls, marks, reconciler, seconds } = reconciling(master);
  await reconciler.begin([]);
  await seconds(4);
  expect(calls).toEqual([]);
  await seconds(296);
  expect(calls).toEqual([[]]);
  expect(marks).toHaveLength(61);
  expect(new Set(marks.map(([mark]) => mark))).toEqual(new Set(["question"]));
  master.agentsBack = true;
  await seconds(5);
  expect(calls).toEqual([[], []]);
  expect(marks.at(-1)).toEqual(["end", 2]);
  const count = marks.length;
  await seconds(600);
  expect(calls).toHaveLength(2);
  expect(marks).toHaveLength(count);
  expect(reconciler.answeredMark("cke.small.m.i1")).toBeUndefined();
});

test("B11: a question, an implicit call and its end that Mesos did not take are repeated each second", async () => {
  const master = { agentsBack: true, takes: false };
  const { calls, marks, reconciler, seconds } = reconciling(master);
  await reconciler.begin([]);
  await seconds(7);
  // The question each second, and from the fifth one everything too.
  expect(marks).toHaveLength(8);
  expect(calls).toEqual([[], [], []]);
  master.takes = true;
  await seconds(1);
  expect(calls).toHaveLength(4);
  expect(marks.slice(8)).toEqual([
    ["question", 3],
    ["end", 4],
  ]);
  await seconds(60);
  expect(calls).toHaveLength(4);
});

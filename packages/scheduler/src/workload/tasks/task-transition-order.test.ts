// Status updates arrive at least once, in any order. Whatever the order, the record is the same at the end.
import type { TaskState, TaskStatus } from "@cke/mesos";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newTaskRecord, type TaskRecord } from "../records/records.ts";
import { applyStatus } from "./task-transition.ts";

const now = 1_000_000_000;
const fresh = newTaskRecord({ taskId: "t", process: "etcd", configHash: "h", failures: 2 }, now);
const apply = (statuses: readonly TaskStatus[]): TaskRecord =>
  statuses.reduce<TaskRecord>((task, status) => applyStatus(task, status, now) ?? task, fresh);

const ends: readonly TaskState[] = ["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_GONE", "TASK_DROPPED"];

/** The updates that an executor sends for one task, in order: it begins, runs with changing health, and may end. */
const story = fc
  .record({
    starting: fc.boolean(),
    running: fc.array(fc.record({ healthy: fc.option(fc.boolean(), { nil: undefined }), data: fc.boolean() }), {
      minLength: 1,
      maxLength: 5,
    }),
    killing: fc.boolean(),
    end: fc.option(fc.constantFrom(...ends), { nil: undefined }),
    endData: fc.boolean(),
    /** Two updates may have the same time, if the second one has another state and no report. */
    gaps: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 9, maxLength: 9 }),
  })
  .map(({ starting, running, killing, end, endData, gaps }) => {
    const states: (Pick<TaskStatus, "state" | "healthy"> & { readonly data: boolean })[] = [
      ...(starting ? [{ state: "TASK_STARTING" as const, data: true }] : []),
      ...running.map(({ healthy, data }) => ({
        state: "TASK_RUNNING" as const,
        data,
        ...(healthy === undefined ? {} : { healthy }),
      })),
      ...(killing ? [{ state: "TASK_KILLING" as const, data: false }] : []),
      ...(end === undefined ? [] : [{ state: end, data: endData }]),
    ];
    let timestamp = 1_000;
    return states.map(({ data, ...status }, index): TaskStatus => {
      const alike = data || status.state === states[index - 1]?.state;
      timestamp += Math.max(gaps[index] ?? 1, alike ? 1 : 0);
      return {
        ...status,
        task_id: { value: "t" },
        timestamp,
        uuid: `u${index}`,
        message: `word ${index}`,
        ...(data ? { data: `r${index}` } : {}),
      };
    });
  });

/** Any order, some updates twice or more. */
const shuffled = (statuses: readonly TaskStatus[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...statuses], { minLength: statuses.length }),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...statuses)), { maxLength: 6 }),
    )
    .map(([all, more]) => {
      const list = [...all];
      for (const [at, status] of more) list.splice(at % (list.length + 1), 0, status);
      return list;
    });

test("B13: any order and repetition of a task's updates ends in the same record", () => {
  fc.assert(
    fc.property(
      story.chain((statuses) => fc.tuple(fc.constant(statuses), shuffled(statuses))),
      ([statuses, list]) => {
        expect(apply(list)).toEqual(apply(statuses));
      },
    ),
    { numRuns: 2_000, seed: 7 },
  );
});

test("B13: what the master repeats of those updates changes nothing in the end", () => {
  const withEchoes = story.chain((statuses) =>
    fc.tuple(
      fc.constant(statuses),
      shuffled(statuses),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...statuses)), { maxLength: 6 }),
    ),
  );
  fc.assert(
    fc.property(withEchoes, ([statuses, list, echoes]) => {
      const mixed = [...list];
      for (const [at, { task_id, state }] of echoes) {
        const echo: TaskStatus = { task_id, state, timestamp: 5_000, reason: "REASON_RECONCILIATION" };
        mixed.splice(at % (mixed.length + 1), 0, echo);
      }
      expect(apply(mixed)).toEqual(apply(statuses));
    }),
    { numRuns: 2_000, seed: 8 },
  );
});

test("B13: applied again, an update changes nothing", () => {
  fc.assert(
    fc.property(story, fc.nat(), (statuses, index) => {
      const task = apply(statuses);
      const status = statuses[index % statuses.length];
      expect(status === undefined ? undefined : applyStatus(task, status, now)).toBeUndefined();
    }),
    { numRuns: 1_000, seed: 9 },
  );
});

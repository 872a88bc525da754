// A look that comes too late is a kill, a retry or a launch that comes too late: between two looks nothing may change.
import fc from "fast-check";
import { expect, test } from "vitest";
import { nextLookMs } from "./next-look.ts";
import { type StepContext, stepsOf } from "./node-steps.ts";
import { type LaunchRecord, type NodeRecord, newNodeRecord, newTaskRecord, recordedStates } from "./records.ts";

const start = 1_800_000_000_000;
const times = { restlessMs: 1_000, watchdogMs: 30_000, homeGraceMs: 120_000 };
const moment = fc.integer({ min: start - 900_000, max: start + 900_000 });

const task = (process: string) =>
  fc
    .record({
      state: fc.constantFrom(...recordedStates),
      changedAtMs: moment,
      retryAtMs: fc.oneof(fc.constant(0), moment, fc.constant(Number.MAX_SAFE_INTEGER)),
      reason: fc.constantFrom("", "REASON_TASK_INVALID", "REASON_EXECUTOR_TERMINATED"),
    })
    .map((more) => ({
      ...newTaskRecord({ taskId: `cke.c.n.i.${process}`, process, configHash: "", failures: 0 }, start),
      ...more,
    }));

const launch = (incarnation: string) =>
  fc.record({ tasks: fc.tuple(task(""), task("etcd"), task("one-shot")), createdAtMs: moment }).map(
    ({ tasks, createdAtMs }): LaunchRecord => ({
      incarnation,
      executorId: `cke.c.n.${incarnation}`,
      agentId: "S",
      hostname: "a",
      role: "cke",
      configHash: "",
      cleanup: false,
      evicted: "",
      executor: {},
      readyAtMs: 0,
      createdAtMs,
      tasks,
    }),
  );

const record = fc
  .record({
    launch: fc.option(launch("i2"), { nil: undefined }),
    superseded: fc.array(launch("i1"), { maxLength: 1 }),
    retryAtMs: fc.oneof(fc.constant(0), moment),
    home: fc.constantFrom("", "a"),
    blocked: fc.boolean(),
  })
  .map((more): NodeRecord => ({ ...newNodeRecord("c", "n", "life"), ...more }));

test("the steps of a node are the same until its next look", () => {
  const what = (node: NodeRecord, context: StepContext) =>
    stepsOf(node, context).map(({ explanation: _explanation, ...step }) => step);
  let compared = 0;
  fc.assert(
    fc.property(
      record,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 2_000_000 }),
      (node, deleting, precious, part) => {
        const base = { deleting, precious, killingSince: () => undefined, mayFinish: new Set<string>() };
        const at = (now: number): StepContext => ({ ...base, now, partitionGraceMs: 300_000 });
        const due = nextLookMs(node, stepsOf(node, at(start)), { ...times, now: start });
        expect(due).toBeGreaterThan(start);
        const later = Math.min(start + part, due - 1);
        if (later > start) compared += 1;
        expect(what(node, at(later))).toEqual(what(node, at(start)));
      },
    ),
    { numRuns: 3_000, seed: 20 },
  );
  expect(compared).toBeGreaterThan(1_000);
});

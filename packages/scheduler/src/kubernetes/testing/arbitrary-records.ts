// Records of nodes in any condition, for property tests.
import fc from "fast-check";
import { newTaskRecord, newUnitRecord, recordedStates, type UnitRecord } from "../../workload/records/records.ts";
import { sampleLaunch } from "./sample-records.ts";

/** About the time of everything in the records, in ms. */
export const start = 1_800_000_000_000;
export const moment = fc.integer({ min: start - 900_000, max: start + 900_000 });

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

export const arbitraryLaunch = (incarnation: string) =>
  fc
    .record({ tasks: fc.tuple(task(""), task("etcd"), task("one-shot")), createdAtMs: moment })
    .map((more) => sampleLaunch({ incarnation, executorId: `cke.c.n.${incarnation}`, agentId: "S", ...more }));

export const arbitraryRecord = fc
  .record({
    launch: fc.option(arbitraryLaunch("i2"), { nil: undefined }),
    superseded: fc.array(arbitraryLaunch("i1"), { maxLength: 1 }),
    retryAtMs: fc.oneof(fc.constant(0), moment),
    home: fc.constantFrom("", "a"),
    blocked: fc.boolean(),
  })
  .map((more): UnitRecord => ({ ...newUnitRecord("c", "n", "a1"), ...more }));

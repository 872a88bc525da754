// If an update counts as no-op by mistake, a phase is never logged, or a step comes half a minute late.
import { type ProcessStateInit, TaskReport } from "@cke/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { planNode } from "../../kubernetes/steps/phases.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { sampleOutline } from "../../kubernetes/testing/sample-rendering.ts";
import { newTaskRecord, newUnitRecord, recordedStates, type TaskRecord } from "../records/records.ts";
import { requeueAfterMs } from "../steps/requeue-after.ts";
import { stepsOf } from "../steps/unit-steps.ts";
import { isNoop } from "./noop-update.ts";

const start = 1_800_000_000_000;
const outline = sampleOutline();
const probes = (some: readonly { readonly name: string; readonly phase: string }[]) =>
  fc.tuple(
    ...some.map(({ name, phase }) =>
      fc.record({
        name: fc.constant(name),
        phase: fc.constant(phase),
        passing: fc.boolean(),
        everPassed: fc.boolean(),
        message: fc.constantFrom("", "ok"),
      }),
    ),
  );

const task = (process: string, some: readonly { readonly name: string; readonly phase: string }[]) =>
  fc
    .record({
      state: fc.oneof(
        { weight: 9, arbitrary: fc.constant("TASK_RUNNING" as const) },
        fc.constantFrom(...recordedStates),
      ),
      healthy: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      phase: fc.oneof(
        { weight: 6, arbitrary: fc.constant("running" as const) },
        fc.constantFrom("waiting" as const, "starting" as const, "failed" as const, "finished" as const),
      ),
      health: probes(some),
      pid: fc.integer({ min: 1, max: 99 }),
      changedAtMs: fc.integer({ min: start - 900_000, max: start }),
    })
    .map(({ state, healthy, phase, health, pid, changedAtMs }): TaskRecord => {
      const value: ProcessStateInit = { phase, pid, health };
      const unit = { kind: "unit", value: { launchStep: pid > 50 ? "ready" : "image" } } as const;
      const report = process === "" ? unit : ({ kind: "process", value } as const);
      return {
        ...newTaskRecord({ taskId: `cke.c.n.i.${process}`, process, configHash: "", failures: 0 }, start),
        ...{ state, healthy, changedAtMs },
        report: Buffer.from(TaskReport.encode({ report })).toString("base64"),
      };
    });

const names = ["", ...outline.processes.map(({ name }) => name)];
const tasks = fc.tuple(
  ...names.map((name) => task(name, outline.processes.find((process) => process.name === name)?.probes ?? [])),
);

test("after a quiet update a node has the steps, the next look and the phase that it had before", () => {
  let quiet = 0;
  let loud = 0;
  fc.assert(
    fc.property(tasks, tasks, fc.nat(), (before, others, pick) => {
      const index = pick % before.length;
      const [old, next] = [before[index], others[index]];
      if (old === undefined || next === undefined) return;
      if (!isNoop(old, next)) {
        loud += 1;
        return;
      }
      quiet += 1;
      const seen = (list: readonly TaskRecord[]) => {
        const launch = sampleLaunch({ createdAtMs: start - 1_000, tasks: list });
        const record = { ...newUnitRecord("c", "n", "a1"), launch };
        const steps = stepsOf(record, {
          ...{ now: start, deleting: false, tied: false, partitionGraceMs: 300_000 },
          ...{ rules: nodeRules, killingSince: () => undefined, mayFinish: new Set(["load-images"]) },
        });
        const times = { now: start, restlessMs: 1_000, watchdogMs: 30_000, homeGraceMs: 120_000 };
        const { stat, phases } = planNode({ name: "n", outline, record, paused: "", waitReason: "", ends: "" });
        return { steps, look: requeueAfterMs(record, steps, times), stat, phases: phases.map(({ status }) => status) };
      };
      expect(seen(before.with(index, next))).toEqual(seen(before));
    }),
    { numRuns: 4_000, seed: 7 },
  );
  expect(quiet).toBeGreaterThan(500);
  expect(loud).toBeGreaterThan(500);
});

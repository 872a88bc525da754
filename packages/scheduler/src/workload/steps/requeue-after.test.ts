// A unit that is decided anew too late is killed, retried or launched too late. Between two decisions nothing may
// change by time alone.
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { arbitraryRecord, start } from "../../kubernetes/testing/arbitrary-records.ts";
import type { UnitRecord } from "../records/records.ts";
import { requeueAfterMs } from "./requeue-after.ts";
import type { StepContext } from "./step.ts";
import { stepsOf } from "./unit-steps.ts";

const times = { restlessMs: 1_000, watchdogMs: 30_000, homeGraceMs: 120_000 };

test("the steps of a node are the same until its next look", () => {
  const what = (node: UnitRecord, context: StepContext) =>
    stepsOf(node, context).map(({ explanation: _explanation, ...step }) => step);
  let compared = 0;
  fc.assert(
    fc.property(
      arbitraryRecord,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 2_000_000 }),
      (node, deleting, tied, part) => {
        const base = {
          rules: nodeRules,
          deleting,
          tied,
          killingSince: () => undefined,
          mayFinish: new Set<string>(),
        };
        const at = (now: number): StepContext => ({ ...base, now, partitionGraceMs: 300_000 });
        const due = requeueAfterMs(node, stepsOf(node, at(start)), { ...times, now: start });
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

// No data is removed without a request. Whatever a node's record says, an order to remove data, or a clean-up, follows
// only from the request to delete its cluster.
import fc from "fast-check";
import { expect, test } from "vitest";
import { pausedSteps } from "../../workload/plans/plan-control.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { StepContext } from "../../workload/steps/step.ts";
import { stepsOf } from "../../workload/steps/unit-steps.ts";
import { arbitraryLaunch, arbitraryRecord, moment } from "../testing/arbitrary-records.ts";
import { nodeRules } from "./node-rules.ts";

const orphan = fc.record({
  hostname: fc.constantFrom("a", "b"),
  agentRemoved: fc.boolean(),
  attempts: fc.nat({ max: 3 }),
  retryAtMs: fc.oneof(fc.constant(0), moment),
  givenUp: fc.boolean(),
});
const special = fc.record({ cleanup: fc.boolean(), evicted: fc.constantFrom("", "maintenance"), pod: fc.boolean() });

const node = fc
  .tuple(arbitraryRecord, special, arbitraryLaunch("i0"), fc.array(orphan, { maxLength: 2 }))
  .map(([record, more, older, orphaned]): UnitRecord => {
    const launch = record.launch === undefined ? undefined : { ...record.launch, ...more };
    return { ...record, launch, superseded: [...record.superseded, older], orphaned };
  });

const context = fc
  .record({
    now: moment,
    deleting: fc.boolean(),
    stopped: fc.boolean(),
    tied: fc.boolean(),
    partitionGraceMs: fc.constantFrom(0, 300_000),
    killedAtMs: fc.option(moment, { nil: undefined }),
    cleanupSinceMs: fc.option(moment, { nil: undefined }),
    unsettled: fc.constantFrom("", "Mesos is asked first"),
    maintenance: fc.option(fc.record({ explanation: fc.constant("a window"), moveAtMs: moment }), { nil: undefined }),
  })
  .map(
    ({ killedAtMs, ...more }): StepContext => ({
      ...more,
      rules: nodeRules,
      killingSince: () => killedAtMs,
      mayFinish: new Set(["one-shot"]),
    }),
  );

test("B12: data is removed, and a clean-up launched, only while the removal of the cluster is asked for", () => {
  let removals = 0;
  fc.assert(
    fc.property(node, context, fc.constantFrom("", "paused"), (record, at, paused) => {
      for (const step of pausedSteps(stepsOf(record, at), record, { paused, deleting: at.deleting })) {
        const removes = (step.kind === "kill-task" && step.removal) || step.kind === "clean-up-unit";
        if (!removes) continue;
        removals += 1;
        expect(at.deleting).toBe(true);
      }
    }),
    { numRuns: 20_000, seed: 21 },
  );
  expect(removals).toBeGreaterThan(1_000);
});

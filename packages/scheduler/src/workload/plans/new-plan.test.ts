import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { atRestOption } from "../records/plan-record.ts";
import { type WorkloadRecord, workloadRecordSchema } from "../records/records.ts";
import { withPlans } from "./new-plan.ts";
import { newWorkloadPlan } from "./workload-plan.ts";

const stages = [{ name: "end", action: "remove", units: ["n"] }];
const asked = { sinceMs: 0, by: "" };
const workload = (of: string, own: string, atRest: boolean): WorkloadRecord =>
  workloadRecordSchema.parse({
    kind: "kubernetes",
    spec: {
      ...{ name: "c", expect: of, attributes: [] },
      units: [{ name: "n", host: "*", attributes: [], reservation: false, expect: own }],
    },
    createdAtMs: 0,
    deleting: false,
    plans: [newWorkloadPlan("remove", stages, asked, { id: "1", options: atRest ? { [atRestOption]: true } : {} })],
  });

const inPlan = 'node "n" is in a plan already (remove): wait until it is complete; GET …/state shows it';

test.each<readonly [string, string, string, boolean, string]>([
  ["runs", "RUN", "RUN", false, ""],
  ["is in a workload that is stopped", "STOP", "RUN", false, ". The cluster is stopped: start it (POST …/start)"],
  ["is in a plan that goes on at rest", "STOP", "RUN", true, ""],
  [
    "is stopped",
    "RUN",
    "STOP",
    false,
    '. The node is stopped, and the plan may wait for it: start it (PATCH {"expect": "RUN"})',
  ],
  ["is stopped, in a plan that goes on at rest", "RUN", "STOP", true, ""],
])("a second plan for a unit that %s: the refusal says what helps", (_what, of, own, atRest, way) => {
  const add = () =>
    withPlans(workload(of, own, atRest), [newWorkloadPlan("replace", stages, asked, { id: "2" })], nodeRules.words);
  const expected = `${inPlan}${way}`;
  expect(add).toThrow(expected);
  if (way === "") expect(add).not.toThrow(`${inPlan}.`);
});

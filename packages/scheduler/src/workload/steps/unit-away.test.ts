// What state says of a unit that is tied to its host, whose agent is away: what helps depends on whether Mesos knows the agent.
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { vmRules } from "../../vm/steps/vm-rules.ts";
import { newTaskRecord, newUnitRecord } from "../records/records.ts";
import { stepsOf } from "./unit-steps.ts";

const now = 10_000_000;

test.each([
  ["TASK_UNREACHABLE", "bring the agent back, or mark it gone in Mesos"],
  ["TASK_UNKNOWN", "Mesos does not know that agent any more, so bring its host back under any agent id."],
] as const)("what helps one that is tied to its host and is %s", (state, words) => {
  for (const rules of [vmRules, nodeRules]) {
    const task = { ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, now), state };
    const record = { ...newUnitRecord("c", "n", "i"), launch: sampleLaunch({ hostname: "a", tasks: [task] }) };
    const [step] = stepsOf(record, {
      ...{ now, rules, deleting: false, mayFinish: new Set(), tied: true, partitionGraceMs: 600_000 },
      killingSince: () => undefined,
    });
    expect(step?.explanation).toContain(words);
    expect(step?.explanation.includes(rules.homeLost(record))).toBe(state === "TASK_UNKNOWN");
  }
});

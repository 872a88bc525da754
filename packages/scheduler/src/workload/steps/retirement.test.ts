import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { nodeRules } from "../../kubernetes/steps/node-rules.ts";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { vmRules } from "../../vm/steps/vm-rules.ts";
import {
  type LaunchRecord,
  newTaskRecord,
  newUnitRecord,
  type TaskRecord,
  type UnitRecord,
} from "../records/records.ts";
import { doubtUnended, retire } from "./retirement.ts";

const now = 10_000_000;
const ended = (hostname: string, more: Partial<LaunchRecord> = {}): LaunchRecord =>
  sampleLaunch({
    hostname,
    tasks: [{ ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, now), state: "TASK_KILLED" }],
    ...more,
  });
const after = (record: UnitRecord) => retire(record, { now, stateful: true, rules: nodeRules });

test("where a unit ran last is no host on which only something was removed", () => {
  const ran = after({ ...newUnitRecord("c", "n", "i"), launch: ended("b") });
  expect(ran.last?.hostname).toBe("b");
  expect(after({ ...ran, launch: ended("a", { cleanup: true }) }).last?.hostname).toBe("b");
  expect(after({ ...newUnitRecord("c", "n", "i"), launch: ended("a", { cleanup: true }) }).last?.hostname).toBe("a");
});

test.each([
  ["that never ran well", 0, 2, now + 4_000],
  ["three seconds after it ran well", now - 3_000, 2, now + 1_000],
  ["after it ran well for longer than its backoff", now - 70_000, 6, now],
  ["after ten minutes", now - 700_000, 6, now],
])("the backoff of a unit %s", (_when, readyAtMs, failures, retryAtMs) => {
  const launch = ended("a", { readyAtMs });
  expect(after({ ...newUnitRecord("c", "n", "i"), failures, launch })).toMatchObject({ retryAtMs });
});

const said = (state: "TASK_KILLED" | "TASK_FAILED", cause = ""): Partial<TaskRecord> => ({
  ...{ state, source: "SOURCE_EXECUTOR" },
  report: Buffer.from(TaskReport.encode({ report: { kind: "unit", value: { cause, data: "kept" } } })).toString(
    "base64",
  ),
});
test.each<[string, string | undefined, Partial<TaskRecord>, string | undefined]>([
  ["its executor died", undefined, { state: "TASK_FAILED", source: "SOURCE_AGENT" }, "a"],
  ["its executor has ended it", "a", said("TASK_KILLED"), undefined],
  ["its executor could not end it", undefined, said("TASK_FAILED", "removal_failed"), "a"],
  ["its guest failed", "a", { ...said("TASK_FAILED", "guest_crashed"), startedAtMs: 1 }, undefined],
  ["a launch failed before it had looked for what may run", "a", said("TASK_FAILED", "libvirt_missing"), "a"],
  ["a launch failed where nothing may run", undefined, said("TASK_FAILED", "libvirt_missing"), undefined],
])("whether a VM may run on: %s", (_title, mayRunOn, task, expected) => {
  const launch = ended("a");
  const tasks = launch.tasks.map((one) => ({ ...one, ...task }));
  const record = {
    ...newUnitRecord("v", "vm", "i"),
    home: "a",
    homeSinceMs: 1,
    mayRunOn,
    launch: { ...launch, tasks },
  };
  expect(retire(record, { now, stateful: true, rules: vmRules }).mayRunOn).toBe(expected);
});

const told = (cause: string) =>
  Buffer.from(TaskReport.encode({ report: { kind: "unit", value: { launchStep: "stopping", cause } } })).toString(
    "base64",
  );
const ranTask = (more: Partial<TaskRecord>): TaskRecord => ({
  ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, now),
  ...{ startedAtMs: 1, statusUuid: "u", source: "SOURCE_MASTER", state: "TASK_GONE", reason: "REASON_AGENT_REMOVED" },
  ...more,
});

test.each<readonly [string, Partial<TaskRecord>, Partial<LaunchRecord>, string | undefined]>([
  ["its agent came back under a new id", {}, {}, "a"],
  ["an operator has marked its agent gone", { state: "TASK_GONE_BY_OPERATOR" }, {}, undefined],
  ["its executor ended it", { state: "TASK_KILLED", source: "SOURCE_EXECUTOR", reason: "" }, {}, undefined],
  [
    "its executor could not end it when its agent was drained",
    {
      state: "TASK_FAILED",
      source: "SOURCE_EXECUTOR",
      reason: "REASON_AGENT_DRAINING",
      report: told("removal_failed"),
    },
    {},
    "a",
  ],
  ["it gave its place up, and its executor died", {}, { evicted: "it yields" }, "a"],
  [
    "it gave its place up",
    { state: "TASK_KILLED", source: "SOURCE_EXECUTOR", reason: "" },
    { evicted: "it yields" },
    undefined,
  ],
])("whether a guest may run on where it was, %s", (_title, task, more, mayRunOn) => {
  for (const stateful of [true, false]) {
    const launch = sampleLaunch({ hostname: "a", tasks: [ranTask(task)], ...more });
    const record = { ...newUnitRecord("v", "vm", "i"), home: "a", homeSinceMs: 1, launch };
    const next = retire(record, { now, stateful, rules: vmRules });
    expect(next.mayRunOn).toBe(mayRunOn);
    if (mayRunOn !== undefined) expect(next.home).toBe("a");
  }
});

test("a store of an earlier version does not say that what failed may run on: it is doubted where the unit was last", () => {
  const left = (hostname: string) => ({ hostname, agentRemoved: false, attempts: 0, retryAtMs: 0 });
  const last = { executorId: "e", agentId: "S-a", hostname: "a", endedAtMs: 1 };
  const failed = { ...newUnitRecord("c", "n", "i"), failures: 1, last, orphaned: [left("a"), left("b")] };
  const doubted = doubtUnended(failed, nodeRules);
  expect(doubted.orphaned).toEqual([{ ...left("a"), mayRun: { agentId: "S-a" } }, left("b")]);
  expect(doubtUnended(doubted, nodeRules)).toBe(doubted);
  const heard = { ...failed, orphaned: [{ ...left("a"), ended: true as const }] };
  for (const [record, rules] of [
    [heard, nodeRules],
    [{ ...failed, failures: 0 }, nodeRules],
    [{ ...failed, launch: ended("b") }, nodeRules],
    [failed, vmRules],
  ] as const)
    expect(doubtUnended(record, rules)).toBe(record);
});

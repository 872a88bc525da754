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
import { retire } from "./retirement.ts";

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

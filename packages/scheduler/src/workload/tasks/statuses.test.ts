// The statuses of tasks and units, from records in every condition.
import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import {
  newTaskRecord,
  newUnitRecord,
  type RecordedState,
  type TaskRecord,
  type UnitRecord,
} from "../records/records.ts";
import { isServing, processStatus, taskStatus, unitStatus } from "./statuses.ts";

const task = (process: string, state: RecordedState, more: Partial<TaskRecord> = {}): TaskRecord => ({
  ...newTaskRecord({ taskId: process, process, configHash: "", failures: 0 }, 0),
  state,
  healthy: state === "TASK_RUNNING",
  ...more,
});
const silence = { launchStep: "ready", detail: "unresponsive since then: paused", unresponsiveSinceMs: 9 };
const frozen = {
  report: Buffer.from(TaskReport.encode({ report: { kind: "unit", value: silence } })).toString("base64"),
};
const container = task("", "TASK_RUNNING");
const fresh = (name: string, more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", name, "a1"),
  ...more,
});
const launched = (name: string, tasks: readonly TaskRecord[]): UnitRecord =>
  fresh(name, { launch: sampleLaunch({ hostname: `host-${name}`, tasks }) });
const up = (name: string) => launched(name, [container, task("etcd", "TASK_RUNNING"), task("addons", "TASK_FINISHED")]);
const etcd = { name: "etcd", mayFinish: false };
const addons = { name: "addons", mayFinish: true };

test.each<readonly [TaskRecord | undefined, "run" | "stop" | "delete", string, string]>([
  [undefined, "run", "init", "init"],
  [undefined, "stop", "killed", "killed"],
  [task("p", "TASK_INTENDED"), "run", "staging", "staging"],
  [task("p", "TASK_STARTING"), "run", "starting", "starting"],
  [task("p", "TASK_RUNNING"), "run", "running", "running"],
  [task("p", "TASK_RUNNING"), "stop", "killing", "killing"],
  [task("p", "TASK_RUNNING"), "delete", "killing", "killing"],
  [task("p", "TASK_FINISHED"), "run", "finished", "failed"],
  [task("p", "TASK_FINISHED"), "delete", "finished", "killed"],
  [task("p", "TASK_FAILED"), "run", "failed", "failed"],
  [task("p", "TASK_FAILED"), "delete", "killed", "killed"],
  [task("p", "TASK_KILLED"), "run", "killed", "killed"],
])("%# a process that may finish, and one that may not", (of, wish, mayFinish, mayNot) => {
  expect([processStatus(of, true, wish), processStatus(of, false, wish)]).toEqual([mayFinish, mayNot]);
  expect(taskStatus(of, wish)).toBe(mayFinish);
});

test("a node is running when its processes run or have finished, and says when it does not answer", () => {
  expect(unitStatus(up("m"), "run")).toBe("running");
  expect(isServing(up("m"), [etcd, addons])).toBe(true);
  const silent = launched("m", [task("", "TASK_RUNNING", { healthy: false, ...frozen }), task("etcd", "TASK_RUNNING")]);
  expect(unitStatus(silent, "run")).toBe("unresponsive");
  expect(unitStatus(silent, "delete")).toBe("killing");
  expect(isServing(silent, [etcd])).toBe(false);
  expect(unitStatus(fresh("m", { failures: 1 }), "stop")).toBe("killed");
  const ended = launched("m", [container, task("etcd", "TASK_FINISHED"), task("addons", "TASK_FINISHED")]);
  expect(isServing(ended, [etcd, addons])).toBe(false);
});

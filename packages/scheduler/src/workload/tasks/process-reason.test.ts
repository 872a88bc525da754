import { TaskReport } from "@cke/protocol";
import { expect, test } from "vitest";
import { newTaskRecord, type RecordedState, type TaskRecord } from "../records/records.ts";
import { processReasonOf } from "./process-reason.ts";

type Report = Parameters<typeof TaskReport.encode>[0];
const task = (process: string, state: RecordedState, report: Report): TaskRecord => ({
  ...newTaskRecord({ taskId: process, process, configHash: "", failures: 0 }, 0),
  state,
  report: Buffer.from(TaskReport.encode(report)).toString("base64"),
});
const node = (state: RecordedState, unresponsiveSinceMs: number) =>
  task("", state, { report: { kind: "unit", value: { launchStep: "ready", unresponsiveSinceMs } } });
const kubelet = (reason: string, unresponsiveSinceMs: number) =>
  task("kubelet", "TASK_RUNNING", {
    report: { kind: "process", value: { phase: "running", reason } },
    unresponsiveSinceMs,
  });
const unknown = "nobody knows how it is: its node is unresponsive since then: its container is paused";
const again = "being looked at again: the unit answers again";

test.each<readonly [string, TaskRecord, TaskRecord | undefined, string]>([
  ["a node that answers", kubelet("not healthy: kubelet", 0), node("TASK_RUNNING", 0), "not healthy: kubelet"],
  ["a node that does not", kubelet(unknown, 9), node("TASK_RUNNING", 9), unknown],
  ["one that answers again, before its processes' news", kubelet(unknown, 9), node("TASK_RUNNING", 0), again],
  ["one that answers again, after them", kubelet("", 0), node("TASK_RUNNING", 9), ""],
  ["one whose agent is out of reach", kubelet(unknown, 9), node("TASK_UNREACHABLE", 9), unknown],
  ["one that is not known", kubelet(unknown, 9), undefined, unknown],
])("the words of a process of %s", (_what, process, own, words) => {
  expect(processReasonOf(process, own)).toBe(words);
});

// The words of a process: what its executor reported, as far as it is still true of its node. Pure.
import { reportOf, silenceOf, type TaskRecord, unknownSinceMs } from "../records/records.ts";

/**
 * Why a process waits or is not well, in its own words; "" for none. `node`: the task of its node. Updates of tasks come one by
 * one: words of a node's silence do not outlive it, where its processes' own news are still on their way.
 */
export function processReasonOf(task: TaskRecord, node: TaskRecord | undefined): string {
  const report = reportOf(task);
  if (report?.kind !== "process") return "";
  const answers = node !== undefined && node.state === "TASK_RUNNING" && silenceOf(node) === undefined;
  return unknownSinceMs(task) > 0 && answers ? "being looked at again: its node answers again" : report.value.reason;
}

// The text about a process: what its executor reported, as far as it is still true. Pure.
import { reportOf, silenceOf, type TaskRecord, unknownSinceMs } from "../records/records.ts";

/**
 * Why a process waits or is not well; "" for none. `node`: the task of its unit. Updates arrive one by one: when the
 * unit answers again, an earlier text of its process about the silence does not count any more.
 */
export function processReasonOf(task: TaskRecord, node: TaskRecord | undefined): string {
  const report = reportOf(task);
  if (report?.kind !== "process") return "";
  const answers = node !== undefined && node.state === "TASK_RUNNING" && silenceOf(node) === undefined;
  return unknownSinceMs(task) > 0 && answers ? "being looked at again: its node answers again" : report.value.reason;
}

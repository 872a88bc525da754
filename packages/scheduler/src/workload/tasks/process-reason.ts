// The text about a process: what its executor reported, as far as it is still true. Pure.
import { reportOf, silenceOf, type TaskRecord, unknownSinceMs } from "../records/records.ts";

/**
 * Why a process waits or is not well; "" for none. `unitTask`: the task of its unit. Updates arrive one by one: when the
 * unit answers again, an earlier text of its process about the silence does not count any more.
 */
export function processReasonOf(task: TaskRecord, unitTask: TaskRecord | undefined): string {
  const report = reportOf(task);
  if (report?.kind !== "process") return "";
  const answers = unitTask !== undefined && unitTask.state === "TASK_RUNNING" && silenceOf(unitTask) === undefined;
  return unknownSinceMs(task) > 0 && answers ? "being looked at again: the unit answers again" : report.value.reason;
}

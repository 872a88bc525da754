// What the executor of a VM reported last of its domain. Pure.
import { VmReport } from "@cke/protocol";
import { memoize } from "../../workload/records/memoize.ts";
import { isTerminal, reportOf, type TaskRecord, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";

const decoded = memoize((task: TaskRecord): VmReport | undefined => {
  const report = reportOf(task);
  if (report?.kind !== "unit" || report.value.kindReport.length === 0) return undefined;
  try {
    return VmReport.decode(report.value.kindReport);
  } catch {
    // It is torn or of another version. The task's state counts all the same.
    return undefined;
  }
});

/** Undefined while nothing of the VM runs, and before the first report that can be read. */
export function vmReportOf({ launch }: Pick<UnitRecord, "launch">): VmReport | undefined {
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  return task === undefined || isTerminal(task) ? undefined : decoded(task);
}

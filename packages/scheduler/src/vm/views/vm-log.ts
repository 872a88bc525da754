// The log of a VM as the API has it: it has one unit, which nobody needs to be told. Pure.
import {
  type LogLine,
  type LogStat,
  mappedLog,
  type RecentLog,
  type WorkloadLogEntry,
} from "../../workload/plans/log-entry.ts";

export type VmLogEntry =
  | Omit<LogLine, "unit" | "process">
  | (Omit<LogStat, "workload" | "unit"> & { readonly vm: string });

function vmLogEntry(entry: WorkloadLogEntry): VmLogEntry {
  if (entry.type === "log") {
    const { unit: _unit, process: _process, ...rest } = entry;
    return rest;
  }
  const { workload, unit: _unit, ...rest } = entry;
  return { ...rest, vm: workload };
}

export const vmLog = (log: RecentLog<WorkloadLogEntry>): RecentLog<VmLogEntry> => mappedLog(log, vmLogEntry);

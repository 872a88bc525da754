// Jobs between libvirt's numbers and names.
import type { BlockJobType } from "../../api/block-jobs.ts";
import type { JobOperation, JobStats, JobType } from "../../api/migration.ts";
import type { TypedParam } from "../../wire/typed-param.ts";
import { NamedValues } from "./named-values.ts";

/** virDomainBlockJobType. */
const blockJobTypes: readonly BlockJobType[] = ["unknown", "pull", "copy", "commit", "active-commit", "backup"];

export const blockJobType = (number: number): BlockJobType => blockJobTypes[number] ?? "unknown";

/** virDomainJobType. */
const jobTypes: readonly JobType[] = ["none", "bounded", "unbounded", "completed", "failed", "cancelled"];

export const jobType = (number: number): JobType => jobTypes[number] ?? "unknown";

/** virDomainJobOperation. */
const operations: readonly JobOperation[] = [
  "unknown",
  "start",
  "save",
  "restore",
  "migration-in",
  "migration-out",
  "snapshot",
  "snapshot-revert",
  "dump",
  "backup",
  "snapshot-delete",
];

export function jobStats(type: JobType, params: readonly TypedParam[]): JobStats {
  const values = new NamedValues(params);
  return {
    type,
    operation: operations[values.number("operation") ?? 0] ?? "unknown",
    elapsedMs: values.number("time_elapsed"),
    remainingMs: values.number("time_remaining"),
    downtimeMs: values.number("downtime"),
    dataTotal: values.number("data_total"),
    dataProcessed: values.number("data_processed"),
    dataRemaining: values.number("data_remaining"),
    memoryTotal: values.number("memory_total"),
    memoryProcessed: values.number("memory_processed"),
    memoryRemaining: values.number("memory_remaining"),
    memoryDirtyRate: values.number("memory_dirty_rate"),
    memoryIteration: values.number("memory_iteration"),
    diskTotal: values.number("disk_total"),
    diskProcessed: values.number("disk_processed"),
    diskRemaining: values.number("disk_remaining"),
    success: values.truth("success"),
    error: values.text("errmsg"),
  };
}

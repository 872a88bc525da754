// Finds tasks and executors by their ids in the records of units.
import { findTask } from "../../workload/records/launches.ts";
import type { TaskRecord, UnitRecord } from "../../workload/records/records.ts";
import { parseTaskId, taskIdOf } from "../../workload/records/task-ids.ts";

/** A task together with the launch and the unit that it is of. */
export interface FoundTask {
  readonly record: UnitRecord;
  readonly task: TaskRecord;
}

/** The unit whose launch has this executor. */
export function findExecutorIn(
  unitOf: (workload: string, unit: string) => UnitRecord | undefined,
  executorId: string,
): UnitRecord | undefined {
  const parsed = parseTaskId(taskIdOf(executorId, ""));
  const record = parsed === undefined ? undefined : unitOf(parsed.workload, parsed.unit);
  return record?.launch?.executorId === executorId ? record : undefined;
}

/** The task in the records that `unitOf` returns, if it belongs to a launch of its unit. */
export function findTaskIn(
  unitOf: (workload: string, unit: string) => UnitRecord | undefined,
  taskId: string,
): FoundTask | undefined {
  const parsed = parseTaskId(taskId);
  if (parsed === undefined) return undefined;
  const record = unitOf(parsed.workload, parsed.unit);
  const task = record === undefined ? undefined : findTask(record, taskId)?.task;
  return record === undefined || task === undefined ? undefined : { record, task };
}

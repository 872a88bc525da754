// Reads node records from the store of a simulated run.
import { launchesOf } from "@cke/scheduler/workload/records/launches";
import { type TaskRecord, type UnitRecord, unitRecordSchema } from "@cke/scheduler/workload/records/records";

export function nodeOf(value: unknown): UnitRecord {
  return unitRecordSchema.parse(value);
}

export function tasksOf(record: UnitRecord): readonly TaskRecord[] {
  return launchesOf(record).flatMap(({ tasks }) => tasks);
}

// Node records as the store of a simulated run holds them.
import { launchesOf } from "@cke/scheduler/workload/records/launches";
import { type NodeRecord, nodeRecordSchema, type TaskRecord } from "@cke/scheduler/workload/records/records";

export function nodeOf(value: unknown): NodeRecord {
  return nodeRecordSchema.parse(value);
}

export function tasksOf(record: NodeRecord): readonly TaskRecord[] {
  return launchesOf(record).flatMap(({ tasks }) => tasks);
}

// Node records as the store of a simulated run holds them.
import { launchesOf } from "../domain/launches.ts";
import { type NodeRecord, nodeRecordSchema, type TaskRecord } from "../domain/records.ts";

export function nodeOf(value: unknown): NodeRecord {
  return nodeRecordSchema.parse(value);
}

export function tasksOf(record: NodeRecord): readonly TaskRecord[] {
  return launchesOf(record).flatMap(({ tasks }) => tasks);
}

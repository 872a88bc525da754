// Reads records from the store of a simulated run. The checks read the same values again and again: each is parsed once.

import { launchesOf } from "@cke/scheduler/workload/records/launches";
import {
  type TaskRecord,
  type UnitRecord,
  unitRecordSchema,
  workloadRecordSchema,
} from "@cke/scheduler/workload/records/records";
import type { z } from "zod";

/** A parser that remembers its results by the stored object, which never changes. */
function parsedOnce<S extends z.ZodType>(schema: S): (value: unknown) => z.output<S> {
  const known = new WeakMap<object, z.output<S>>();
  return (value) => {
    if (typeof value !== "object" || value === null) return schema.parse(value);
    const parsed = known.get(value) ?? schema.parse(value);
    known.set(value, parsed);
    return parsed;
  };
}

export const nodeOf = parsedOnce(unitRecordSchema);

export const workloadOf = parsedOnce(workloadRecordSchema);

/** Names of the stored clusters. */
export function kubernetesClusters(values: ReadonlyMap<string, unknown>): readonly string[] {
  return [...values].flatMap(([key, value]) => {
    if (!key.startsWith("workloads/")) return [];
    const { kind, spec } = workloadOf(value);
    return kind === "kubernetes" ? [spec.name] : [];
  });
}

export function tasksOf(record: UnitRecord): readonly TaskRecord[] {
  return launchesOf(record).flatMap(({ tasks }) => tasks);
}

// A workload of kind "kubernetes": its record with the specification of a cluster. The ledger reads records through the kind, so
// every record of this kind has a whole specification.
import { z } from "zod";
import { type WorkloadRecord, workloadRecordSchema } from "../../workload/records/records.ts";
import { ClusterNotFoundError } from "./cluster-errors.ts";
import { type ClusterSpec, clusterSpecSchema } from "./cluster-spec.ts";

export const kubernetesKind = "kubernetes";

export interface ClusterRecord extends WorkloadRecord {
  readonly kind: typeof kubernetesKind;
  readonly spec: ClusterSpec;
}

/** For what a store holds. */
export const clusterRecordSchema = workloadRecordSchema.extend({
  kind: z.literal(kubernetesKind),
  spec: clusterSpecSchema,
});

export function isCluster(record: WorkloadRecord): record is ClusterRecord {
  return record.kind === kubernetesKind;
}

/** The clusters among these workloads. */
export function clustersOf(records: readonly WorkloadRecord[]): readonly ClusterRecord[] {
  return records.filter(isCluster);
}

/** The cluster of that name. Throws ClusterNotFoundError (404). */
export function knownCluster(
  known: { workload(name: string): WorkloadRecord | undefined },
  name: string,
): ClusterRecord {
  const cluster = known.workload(name);
  if (cluster === undefined || !isCluster(cluster)) throw new ClusterNotFoundError(name);
  return cluster;
}

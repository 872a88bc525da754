// Creates and deletes a workload of any kind: its record and those of its units in one commit. Launches, kills and releases then
// follow from the records.
import type { StoreOperation } from "../../store/store.ts";
import { newUnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";

export interface WorkloadLifecycleParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
}

/** `instance`: a value that no other instance has. `also`: what the kind stores beside the records. */
export async function createWorkload(
  { ledger }: WorkloadLifecycleParts,
  workload: WorkloadRecord,
  instance: string,
  also: readonly StoreOperation[] = [],
): Promise<void> {
  const { name, units } = workload.spec;
  await ledger.commit({ workload, units: units.map((unit) => newUnitRecord(name, unit.name, instance)), also });
}

/** `what`: the kind's word for it, as in "the cluster". Idempotent while the removal goes on. */
export async function deleteWorkload(
  parts: WorkloadLifecycleParts,
  workload: WorkloadRecord,
  what: string,
): Promise<void> {
  if (workload.deleting) return;
  await parts.ledger.commit({ workload: { ...workload, deleting: true } });
  parts.logs.line("info", workload.spec.name, `${what} is being deleted`);
}

// Creates and deletes a workload of any kind: its record and those of its units in one commit. Launches, kills and releases then
// follow from the records.
import type { StoreOperation } from "../../store/store.ts";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { newUnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

export interface WorkloadLifecycleParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
}

/**
 * `instance`: a value that no other instance has. `also`: what the kind stores beside the records. `home`: the host that has data of its
 * units before they ever ran; "" for none.
 */
export async function createWorkload(
  { ledger }: Pick<WorkloadLifecycleParts, "ledger">,
  workload: WorkloadRecord,
  instance: string,
  also: readonly StoreOperation[] = [],
  home = "",
): Promise<void> {
  const { name, units } = workload.spec;
  const records = units.map((unit) => ({ ...newUnitRecord(name, unit.name, instance), home }));
  await ledger.commit({ workload, units: records, also });
}

/**
 * Adds units to a workload: `workload` has them already. `addedAtMs`: now. `instanceOf`: a value for each that no other instance
 * has.
 */
export async function addUnits(
  { ledger }: Pick<WorkloadLifecycleParts, "ledger">,
  workload: WorkloadRecord,
  names: readonly string[],
  addedAtMs: number,
  instanceOf: () => string,
  also: readonly StoreOperation[] = [],
): Promise<void> {
  const { name } = workload.spec;
  const units = names.map((unit) => ({ ...newUnitRecord(name, unit, instanceOf()), addedAtMs }));
  await ledger.commit({ workload, units, also });
}

/** Idempotent while the removal goes on. */
export async function deleteWorkload(parts: WorkloadLifecycleParts, workload: WorkloadRecord): Promise<void> {
  if (workload.deleting) return;
  await parts.ledger.commit({ workload: { ...workload, deleting: true } });
  parts.logs.line("info", workload.spec.name, `the ${parts.kinds.of(workload).rules.words.workload} is being deleted`);
}

// A workload of kind "vm": its record with the specification of a virtual machine. The ledger reads records through the kind, so every
// record of this kind has a whole specification.
import type { WorkloadRecord } from "../../workload/records/records.ts";
import { VmNotFoundError } from "./vm-errors.ts";
import type { VmSpec } from "./vm-spec.ts";

export const vmKind = "vm";

export interface VmRecord extends WorkloadRecord {
  readonly kind: typeof vmKind;
  readonly spec: VmSpec;
}

export function isVm(record: WorkloadRecord): record is VmRecord {
  return record.kind === vmKind;
}

/** The virtual machines among these workloads. */
export function vmsOf(records: readonly WorkloadRecord[]): readonly VmRecord[] {
  return records.filter(isVm);
}

/** The VM of that name. Throws VmNotFoundError (404). */
export function knownVm(known: { workload(name: string): WorkloadRecord | undefined }, name: string): VmRecord {
  const vm = known.workload(name);
  if (vm === undefined || !isVm(vm)) throw new VmNotFoundError(name);
  return vm;
}

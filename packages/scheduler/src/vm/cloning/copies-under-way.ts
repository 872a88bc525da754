// Clones whose disks are not copied yet. Until the first start of their guests they need those of their source: should a start fail, what it
// has made is removed, and copied again. So that source stays as it is. Pure.
import { newUnitRecord, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { VmStateError } from "../body/vm-errors.ts";
import { type VmRecord, vmsOf } from "../body/vm-record.ts";
import { type VmSpec, vmUnit } from "../body/vm-spec.ts";
import { fromText } from "../rendering/vm-json.ts";

export interface KnownVms {
  workloads(): readonly WorkloadRecord[];
  unit(workload: string, unit: string): UnitRecord | undefined;
}

/** What would change the disks of a source, or end them. */
export type SourceChange =
  | "deleted"
  | "started"
  | "moved"
  | "replaced"
  | "given other disks"
  | { readonly snapshot: string };

/** True for a clone whose guest has not run yet. */
export function isUncopied({ spec }: Pick<VmRecord, "spec">, { homeSinceMs, dataLost }: UnitRecord): boolean {
  return (spec.origin?.disks.length ?? 0) > 0 && homeSinceMs === 0 && dataLost === undefined;
}

/** Why a clone begins where it does, in words; "" for a VM that is none, or has its disks. */
export function cloneWords(vm: Pick<VmRecord, "spec">, record: UnitRecord): string {
  if (!isUncopied(vm, record)) return "";
  const { origin } = vm.spec;
  const from = fromText(vm.spec);
  return `it is a clone of ${from}, and begins on ${record.home}, where the disks of ${origin?.vm} are`;
}

/** The clones that stand in the way of this change of their source: none when its disks are lost, for nothing can be copied of them. */
export function clonesBefore(
  change: SourceChange,
  { uuid, name: source }: Pick<VmSpec, "uuid" | "name">,
  known: KnownVms,
): readonly string[] {
  if (known.unit(source, vmUnit)?.dataLost !== undefined) return [];
  return vmsOf(known.workloads()).flatMap((vm) => {
    const { name, origin } = vm.spec;
    if (vm.deleting || origin?.uuid !== uuid) return [];
    // A guest that runs on changes nothing of a snapshot.
    if (change === "started" && origin.snapshot !== "") return [];
    if (typeof change === "object" && change.snapshot !== origin.snapshot) return [];
    return isUncopied(vm, known.unit(name, vmUnit) ?? newUnitRecord(name, vmUnit, "")) ? [name] : [];
  });
}

/** Throws VmStateError (409) while a clone needs the disks as they are. */
export function refuseWhileCopied(change: SourceChange, { spec }: Pick<VmRecord, "spec">, known: KnownVms): void {
  const [first, ...more] = clonesBefore(change, spec, known);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  const isWanted = vmsOf(known.workloads()).some(({ spec: { name, expect } }) => name === first && expect === "RUN");
  const remedy = isWanted
    ? `wait for that, or delete "${first}"`
    : `that one is stopped: start "${first}" (POST /vm/v1/vms/${first}/start), or delete it`;
  const what = typeof change === "object" ? `keeps its snapshot "${change.snapshot}"` : `is not ${change} now`;
  throw new VmStateError(
    spec.name,
    `${what}: the disks of its clone "${first}"${others} are copied from it until that VM has started for the first time; ${remedy}`,
  );
}

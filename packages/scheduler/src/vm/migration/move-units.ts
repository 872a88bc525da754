// The units that a VM has beside its guest while it moves to another host: one on each host, whose executor gives or takes the disks.
// Both have the instance of the VM: what they make and remove is the VM's own. Pure.
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import type { AttributeConstraint } from "../../workload/records/workload-spec.ts";
import { hasOwnDisks, type VmSpec, vmUnit } from "../body/vm-spec.ts";
import { executorResources } from "../rendering/vm-outline.ts";

export const destinationUnit = "destination";
export const sourceUnit = "source";
export const moveUnits = [destinationUnit, sourceUnit] as const;

/** The destination holds what the guest needs, so that it has its place when it comes. The source only reads files. */
export const sourceOutline: UnitOutline = {
  hostPorts: [],
  executor: executorResources,
  unitTask: { cpu: 0.1, mem: 32 },
  processes: [],
};

export interface MoveWish {
  /** Hostname or address of the agent; "*": any other one. */
  readonly host: string;
  readonly attributes: readonly AttributeConstraint[];
  /** True: while it runs, or not at all. False: it is shut down for it. Undefined: while it runs, where it can. */
  readonly live?: boolean | undefined;
}

/** `from`: hostname of the agent that has the VM. */
export function withMoveUnits(spec: VmSpec, from: string, wish: MoveWish): VmSpec {
  const [vm] = spec.units;
  const common = { reservation: false, pod: false, expect: "RUN", stateful: true, late: true } as const;
  const { apart } = vm;
  const destination = {
    ...common,
    name: destinationUnit,
    ...{ host: wish.host, notOn: from, attributes: [...vm.attributes, ...wish.attributes] },
    ...(apart === undefined ? {} : { apart }),
  };
  const source = { ...common, name: sourceUnit, host: from, attributes: [] };
  return { ...spec, units: [vm, destination, source] };
}

/**
 * While it moves it is launched on no other host than these two, also when all of its disks are shared. A guest that moves while it runs may
 * run on the new one already; of one that is shut down for it, the executor of the old host says that it has ended, and knows of no third one.
 */
export function tiedToHost(spec: VmSpec): VmSpec {
  const [vm, ...others] = spec.units;
  return { ...spec, units: [{ ...vm, stateful: true }, ...others] };
}

/** Its disks alone say where it may be launched. */
export function tiedByDisks(spec: VmSpec): VmSpec {
  const [vm, ...others] = spec.units;
  const stateful = hasOwnDisks(spec);
  return vm.stateful === stateful ? spec : { ...spec, units: [{ ...vm, stateful }, ...others] };
}

/** Without move units it is so again. */
export const afterMove = (spec: VmSpec): VmSpec => (spec.units.length > 1 ? spec : tiedByDisks(spec));

export const isMoveUnit = (unit: string): boolean => unit !== vmUnit;

// A VM whose disks are on its host moves with them before its agent goes into maintenance. Pure.

import { planWith } from "../../workload/plans/new-plan.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { Relocation } from "../../workload/steps/relocation.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { abandonGoal, begunMove, movePlanOf } from "./move-plan.ts";
import { moveProblem } from "./move-request.ts";
import { type MoveWish, moveUnits } from "./move-units.ts";

export interface RelocationWish {
  /** It moves while it runs, where it can. */
  readonly live: boolean;
  /** Of the maintenance, UNIX ms; undefined when that was looked at before. */
  readonly windowStartMs?: number | undefined;
}

/**
 * `record`: of the VM, or of a part of its move. Undefined: it may be launched elsewhere, for all of its disks are shared.
 */
export function vmRelocation(
  vm: VmRecord,
  record: UnitRecord,
  { live, windowStartMs }: RelocationWish,
): Relocation | undefined {
  if (vm.deleting) return undefined;
  const plan = movePlanOf(vm);
  if (plan?.goal === abandonGoal) return { kind: "stays", reason: "its move is being given up" };
  if (plan !== undefined) return { kind: "moving", words: `the plan for it goes on (${plan.goal})`, planId: plan.id };
  if (record.unit !== vmUnit || !vm.spec.units[0].stateful) return undefined;
  const other = planWith(vm, vmUnit);
  if (other !== undefined) return { kind: "stays", reason: `a plan goes on with it (${other.goal})` };
  if (windowStartMs !== undefined && vm.spec.staysForMs === windowStartMs)
    return { kind: "stays", reason: "its move was given up: ask for one (POST …/migrate) to move it all the same" };
  const anywhere: MoveWish = { host: "*", attributes: [], live: live ? undefined : false };
  const problem = moveProblem(vm.spec, record, anywhere);
  if (problem !== undefined) return { kind: "stays", reason: `it ${problem}` };
  return {
    kind: "moves",
    begin: (asked) => ({ workload: begunMove(vm, record, anywhere, asked), units: moveUnits }),
  };
}

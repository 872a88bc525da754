// A VM moves before its agent goes into maintenance: one with disks on its host, and one that moves while it runs. Pure.

import { planWith } from "../../workload/plans/new-plan.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { Relocation } from "../../workload/steps/relocation.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { hasOwnDisks, vmUnit } from "../body/vm-spec.ts";
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
 * `record`: of the VM, or of a part of its move. Undefined: it may be launched elsewhere, for all of its disks are shared, and it does not
 * move while it runs.
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
  const own = hasOwnDisks(vm.spec);
  if (record.unit !== vmUnit || (!own && !live)) return undefined;
  const other = planWith(vm, vmUnit);
  if (other !== undefined && !own) return undefined;
  if (other !== undefined) return { kind: "stays", reason: `a plan goes on with it (${other.goal})` };
  if (windowStartMs !== undefined && vm.spec.staysForMs === windowStartMs)
    return { kind: "stays", reason: "its move was given up: ask for one (POST …/migrate) to move it all the same" };
  const anywhere: MoveWish = { host: "*", attributes: [], live: live ? undefined : false };
  const problem = moveProblem(vm.spec, record, anywhere);
  if (problem !== undefined) return own ? { kind: "stays", reason: `it ${problem}` } : undefined;
  return {
    kind: "moves",
    begin: (asked) => ({ workload: begunMove(vm, record, anywhere, asked), units: moveUnits }),
  };
}

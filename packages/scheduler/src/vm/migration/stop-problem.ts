// Whether a VM is stopped while it moves. Between the moment in which its guest goes on at its new host and the launch of its executor there,
// no executor would end that guest. Pure.
import { isOpen } from "../../workload/records/plan-record.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { hasMoved, liveProgress, moveGoal, movePlanOf } from "./move-plan.ts";

/** Why it is not stopped now, to follow its name; undefined when it may be. `record`: of its guest. */
export function stopProblem(vm: Pick<VmRecord, "plans">, record: Pick<UnitRecord, "launch">): string | undefined {
  const plan = movePlanOf(vm);
  if (plan?.goal !== moveGoal) return undefined;
  const live = liveProgress(plan);
  if (live === "never" || live === "open") return undefined;
  if (!hasMoved(plan))
    return "moves while it runs, and its guest may be on its new host already: give the move up first (DELETE …/migrate), or stop it when it has moved";
  if (record.launch !== undefined || !isOpen(plan, { action: "start", unit: vmUnit })) return undefined;
  return "has moved, and its executor is launched on its new host first: stop it then; GET …/state shows how far it is";
}

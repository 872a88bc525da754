// The begin of a plan for some units of a workload. Pure.
import { entriesOf, isOpen, type WorkloadPlan } from "../records/plan-record.ts";
import type { WorkloadRecord } from "../records/records.ts";
import { goesOnAtRest } from "../records/removal-state.ts";
import type { KindWords } from "../records/unit-rules.ts";
import { PlanRefusedError } from "./plan-control.ts";

/** Most plans of one workload at a time: they are in its record, which is stored at every step. */
export const maxPlans = 100;

/** The plan of the workload in which something is still to be done with this unit. */
export function planWith({ plans = [] }: Pick<WorkloadRecord, "plans">, unit: string): WorkloadPlan | undefined {
  return plans.find((plan) => entriesOf(plan).some((entry) => entry.unit === unit && isOpen(plan, entry)));
}

/**
 * The workload with further plans. Throws PlanRefusedError: 409 when it is being deleted, when a unit is in a plan
 * already, or when there are too many plans.
 */
export function withPlans(workload: WorkloadRecord, added: readonly WorkloadPlan[], words: KindWords): WorkloadRecord {
  const name = `${words.workload} "${workload.spec.name}"`;
  if (workload.deleting) throw new PlanRefusedError(`${name} is being deleted`, 409);
  const plans = [...(workload.plans ?? []), ...added];
  if (plans.length > maxPlans) {
    const text = `${name} has ${workload.plans?.length ?? 0} plans already, and at most ${maxPlans} may go on at once: ask for the others later`;
    throw new PlanRefusedError(text, 409);
  }
  for (const unit of added.flatMap(({ stages }) => stages.flatMap(({ units }) => units))) {
    const other = planWith(workload, unit);
    if (other === undefined) continue;
    const text = `${words.unit} "${unit}" is in a plan already (${other.goal}): wait until it is complete; GET …/state shows it${wayOut(workload, other, unit, words)}`;
    throw new PlanRefusedError(text, 409);
  }
  return { ...workload, plans };
}

/** What lets the plan of a unit that is stopped go on; "" for a unit that is to run, and for a plan that goes on all the same. */
function wayOut({ spec }: WorkloadRecord, plan: WorkloadPlan, unit: string, words: KindWords): string {
  if (goesOnAtRest(plan)) return "";
  const own = spec.units.find(({ name }) => name === unit);
  if (spec.expect !== "RUN") return `. The ${words.workload} is stopped: start it (POST …/start)`;
  if (own === undefined || own.expect === "RUN") return "";
  return `. The ${words.unit} is stopped, and the plan may wait for it: start it (PATCH {"expect": "RUN"}), or give up what the plan waits for (POST …/plan/skip {"${words.unit}": "${unit}"})`;
}

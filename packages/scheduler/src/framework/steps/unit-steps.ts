// The steps of one unit now: gives the records, and what the parts of the framework know beside them, to the pure
// decision. The runner and the views both ask here, so that they see the same steps.
import type { Clock } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { heldSteps, pauseOf } from "../../workload/plans/plan-control.ts";
import { turnReason } from "../../workload/plans/workload-plan.ts";
import { planOutlook } from "../../workload/plans/workload-steps.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import { isStateful } from "../../workload/records/workload-spec.ts";
import type { Step, StepContext } from "../../workload/steps/step.ts";
import { stepsOf } from "../../workload/steps/unit-steps.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { Killer } from "../tasks/killer.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { TaskAdoption } from "../tasks/task-adoption.ts";
import type { UnknownTasks } from "../tasks/unknown-tasks.ts";

export interface UnitStepsParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly killer: Pick<Killer, "since">;
  readonly orphanTimer: Pick<OrphanTimer, "since">;
  readonly taskAdoption: Pick<TaskAdoption, "reason">;
  readonly unknownTasks: Pick<UnknownTasks, "reason">;
  readonly maintenance: Pick<MaintenanceWindows, "noticeOf">;
  readonly options: { readonly partitionGraceSeconds: number };
}

export class UnitSteps {
  readonly #parts: UnitStepsParts;

  constructor(parts: UnitStepsParts) {
    this.#parts = parts;
  }

  /** The present steps of a unit, most urgent first. */
  of(cluster: WorkloadRecord, record: UnitRecord): readonly Step[] {
    const context = this.#context(cluster, record);
    const { deleting } = context;
    return heldSteps(stepsOf(record, context), record, { paused: pauseOf(cluster, record), deleting });
  }

  /** Why the unit waits for its turn in the plan of its workload; "" when it does not. */
  #turnOf(cluster: WorkloadRecord, unit: string): string {
    const { plan } = cluster;
    if (plan === undefined || plan.begun.includes(unit)) return "";
    const outlook = planOutlook(cluster, this.#parts.ledger.units(cluster.spec.name));
    return outlook === undefined ? "" : turnReason(plan, outlook, unit);
  }

  #context(cluster: WorkloadRecord, record: UnitRecord): StepContext {
    const { clock, kinds, killer, orphanTimer, taskAdoption, unknownTasks, maintenance, options } = this.#parts;
    const outline = kinds.outline(cluster, record.unit);
    const spec = cluster.spec.units.find(({ name }) => name === record.unit);
    const [left] = record.leftovers;
    const stopped = cluster.spec.expect !== "RUN" || spec?.expect !== "RUN";
    return {
      now: clock.now(),
      rules: kinds.of(cluster).rules,
      deleting: cluster.deleting,
      stopped,
      turn: this.#turnOf(cluster, record.unit),
      stateful: isStateful(cluster.spec, record.unit),
      cleanupSinceMs: left === undefined ? undefined : orphanTimer.since(record.workload, record.unit, left.hostname),
      killingSince: (taskId) => killer.since(taskId),
      unsettled: taskAdoption.reason(record.workload, record.unit) || unknownTasks.reason(record.workload, record.unit),
      maintenance: maintenance.noticeOf(record, spec),
      partitionGraceMs: options.partitionGraceSeconds * 1_000,
      mayFinish: new Set(outline?.processes.filter(({ mayFinish }) => mayFinish).map(({ name }) => name)),
    };
  }
}

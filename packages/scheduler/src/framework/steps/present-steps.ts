// The steps of one unit now: gives the records, and what the parts of the framework know beside them, to the pure
// decision. The runner and the views both ask here, so that they see the same steps.
import type { Clock } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { pausedSteps, pauseOf } from "../../workload/plans/plan-control.ts";
import { turnReason } from "../../workload/plans/workload-plan.ts";
import { planOutlook } from "../../workload/plans/workload-steps.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import {
  awaitedOrphans,
  holdingPlan,
  isBeingRemoved,
  isBeingReplaced,
  isExpected,
  isLeaving,
} from "../../workload/records/removal-state.ts";
import { isStateful, isTied } from "../../workload/records/workload-spec.ts";
import { elsewhereMs, shunnedHost } from "../../workload/steps/replacement.ts";
import type { Step, StepContext } from "../../workload/steps/step.ts";
import { stepsOf } from "../../workload/steps/unit-steps.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Killer } from "../tasks/killer.ts";
import type { OrphanTimer } from "../tasks/orphan-timer.ts";
import type { BeginAnew } from "./begin-anew.ts";
import type { PlanActions } from "./plan-actions.ts";

export interface PresentStepsParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly killer: Pick<Killer, "since">;
  readonly orphanTimer: Pick<OrphanTimer, "since">;
  /** Why it is not known whether the unit runs in Mesos; "" when it is known. */
  readonly unsettled: (workload: string, unit: string) => string;
  readonly beginAnew: Pick<BeginAnew, "undecided">;
  readonly maintenance: Pick<MaintenanceWindows, "noticeOf">;
  readonly planActions: Pick<PlanActions, "progress">;
  readonly options: { readonly partitionGraceSeconds: number };
}

export class PresentSteps {
  readonly #parts: PresentStepsParts;

  constructor(parts: PresentStepsParts) {
    this.#parts = parts;
  }

  /** The present steps of a unit, most urgent first. */
  of(workload: WorkloadRecord, record: UnitRecord): readonly Step[] {
    const context = this.#context(workload, record);
    const { deleting, rules } = context;
    return pausedSteps(stepsOf(record, context), record, { paused: pauseOf(workload, record, rules.words), deleting });
  }

  /** Why the unit waits for its turn in the plan of its workload; "" when it does not. */
  #turnOf(workload: WorkloadRecord, unit: string): string {
    const { plan } = workload;
    if (plan === undefined || plan.begun.includes(unit)) return "";
    const { ledger, planActions } = this.#parts;
    const outlook = planOutlook(workload, plan, ledger.units(workload.spec.name), planActions.progress);
    return outlook === undefined ? "" : turnReason(plan, outlook, unit);
  }

  #context(workload: WorkloadRecord, record: UnitRecord): StepContext {
    const { clock, kinds, killer, orphanTimer, unsettled, beginAnew, maintenance, options } = this.#parts;
    const outline = kinds.outline(workload, record.unit);
    const spec = workload.spec.units.find(({ name }) => name === record.unit);
    const [left] = awaitedOrphans(record);
    const shunned = shunnedHost(record, spec?.host ?? "*");
    const unexpected = !isExpected(workload, record.unit);
    const holding = unexpected ? undefined : holdingPlan(workload, record.unit);
    return {
      now: clock.now(),
      rules: kinds.of(workload).rules,
      deleting: isBeingRemoved(workload, record.unit),
      replacing: isBeingReplaced(workload, record.unit),
      leaving: isLeaving(workload, record.unit),
      stopped: unexpected || holding !== undefined,
      heldBy: holding?.goal,
      turn: this.#turnOf(workload, record.unit),
      tied: isTied(workload.spec, record),
      lostOn: isStateful(workload.spec, record.unit) ? record.dataLost?.hostname : undefined,
      undecided: beginAnew.undecided(workload, record),
      avoids:
        shunned === undefined ? undefined : { hostname: shunned, untilMs: (record.replaced?.atMs ?? 0) + elsewhereMs },
      cleanupSinceMs: left === undefined ? undefined : orphanTimer.since(record.workload, record.unit, left),
      killingSince: (taskId) => killer.since(taskId),
      unsettled: unsettled(record.workload, record.unit),
      maintenance: maintenance.noticeOf(record, spec),
      partitionGraceMs: options.partitionGraceSeconds * 1_000,
      shares: sharesOf(record, outline),
      mayFinish: new Set(outline?.processes.filter(({ mayFinish }) => mayFinish).map(({ name }) => name)),
    };
  }
}

/** Equal units share one outline. */
const knownShares = new WeakMap<UnitOutline, StepContext["shares"]>();

/** Of a unit of whose tasks it is known what they hold; undefined for all others. */
function sharesOf({ launch }: UnitRecord, outline: UnitOutline | undefined): StepContext["shares"] {
  if (outline === undefined || launch?.tasks.some(({ holds }) => holds !== undefined) !== true) return undefined;
  const known = knownShares.get(outline);
  if (known !== undefined) return known;
  const shares = new Map(outline.processes.filter(({ mayFinish }) => !mayFinish).map(({ name, res }) => [name, res]));
  knownShares.set(outline, shares);
  return shares;
}

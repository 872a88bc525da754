// Answers questions about workloads for the API and the log: phases, the next steps, and why something is not
// placed yet.

import { type Clock, TimeSlice } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { BringUpPlan, StepView, UnitPlan } from "../../workload/plans/bring-up-view.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import { describeMark, pauseOf } from "../../workload/plans/plan-control.ts";
import { processTry, tryView, unitTry } from "../../workload/plans/tries.ts";
import { workloadPlanView } from "../../workload/plans/workload-plan-view.ts";
import { processTaskOf, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { holdingPlan, isBeingRemoved, isLeaving, mayRunOnWithoutLaunch } from "../../workload/records/removal-state.ts";
import { waitsForOffer } from "../../workload/steps/step-traits.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { AgentNames } from "../agents/agent-names.ts";
import type { AgentSizes } from "../agents/agent-size-history.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { UnitName } from "../ledger/work-queue.ts";
import type { Subscription } from "../mesos/subscription.ts";
import { isPending, pendingView } from "../offers/pending-view.ts";
import type { WaitReasons } from "../offers/wait-reasons.ts";
import { requestIdOf } from "../placement/placement-requests.ts";
import type { PlanActions } from "../steps/plan-actions.ts";
import type { PresentSteps } from "../steps/present-steps.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

export interface PlanQueryParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly logs: Pick<WorkloadLogs, "stat">;
  readonly waitReasons: WaitReasons;
  readonly agentSizes: Pick<AgentSizes, "problem">;
  readonly presentSteps: PresentSteps;
  readonly agentNames: Pick<AgentNames, "problem">;
  readonly planActions: Pick<PlanActions, "progress">;
  readonly subscription: Subscription;
  /** Why nothing can be stored now; "" when storing works, as far as is known. */
  readonly unwritable: () => string;
  /** Why no offers come although they are wanted; "" when they may come. */
  readonly silence: () => string;
}

export class PlanQuery {
  readonly #parts: PlanQueryParts;

  constructor(parts: PlanQueryParts) {
    this.#parts = parts;
  }

  /** Undefined for a unit that was never rendered. */
  unit(workload: WorkloadRecord, record: UnitRecord): UnitPlan | undefined {
    const { launch } = record;
    const reasons =
      launch === undefined
        ? [
            this.#stopReason(workload, record),
            this.#pauseReason(workload, record),
            this.#cleanupReason(workload, record),
            this.#waitReason(workload, record),
          ]
        : [];
    return this.#parts.kinds.of(workload).plan(workload, {
      record,
      paused: record.paused === undefined ? "" : describeMark(record.paused),
      waitReason: reasons.filter((reason) => reason !== "").join("; "),
    });
  }

  /**
   * Writes the phases of these units that have changed to the log. `known`: false right after the start, when nothing
   * counts as a change.
   */
  async observe(known: boolean, units: readonly UnitName[]): Promise<void> {
    const { clock, ledger, logs } = this.#parts;
    const pace = new TimeSlice(clock);
    for (const { workload: name, unit } of units) {
      const workload = ledger.workload(name);
      const record = ledger.unit(name, unit);
      const plan = workload === undefined || record === undefined ? undefined : this.unit(workload, record);
      if (plan !== undefined) logs.stat(name, plan, known);
      await pace.pause();
    }
  }

  plan(workload: WorkloadRecord): BringUpPlan {
    const records = this.#parts.ledger.units(workload.spec.name);
    const now = this.#parts.clock.now();
    const { progress } = this.#parts.planActions;
    const { plan, plans = [] } = workload;
    return {
      units: records.flatMap((record) => this.unit(workload, record) ?? []),
      steps: records.flatMap((record) =>
        this.#steps(workload, record).map(({ step, process, explanation }): StepView => {
          const next = process === "" ? unitTry(record, now) : processTry(processTaskOf(record.launch, process), now);
          return { step: step.kind, unit: record.unit, process, explanation, ...tryView(next) };
        }),
      ),
      paused: workload.paused === undefined ? "" : describeMark(workload.paused),
      workload: (plan && workloadPlanView(workload, plan, records, progress)) ?? null,
      changes: plans.flatMap((one) => workloadPlanView(workload, one, records, progress) ?? []),
    };
  }

  /** The units and processes that are to run or to be cleaned up and are not placed; empty when nothing waits. */
  pending(workload: WorkloadRecord): readonly PendingView[] {
    const now = this.#parts.clock.now();
    const isWanted = (record: UnitRecord) =>
      // One that is to stop, and may still run without an executor, waits for another one that ends it.
      wishOf(workload, record.unit) === "run" ||
      isBeingRemoved(workload, record.unit) ||
      (record.launch === undefined && mayRunOnWithoutLaunch(record));
    const wanted = this.#parts.ledger.units(workload.spec.name).filter(isWanted);
    return wanted.flatMap((record) =>
      this.#steps(workload, record)
        .filter(({ step }) => isPending(step, record))
        .map(({ step, process, explanation }) => {
          const id = requestIdOf(record.workload, record.unit, process);
          const waiting = this.#parts.waitReasons.waiting(id, now);
          const noOffers = this.#noOffers(workload, record);
          const oversize = this.#oversize(id);
          const unknownHost = this.#unknownHost(id);
          return pendingView({ workload, record, step, explanation, waiting, noOffers, oversize, unknownHost, now });
        }),
    );
  }

  /** The steps. Those that wait for an offer get what is known about offers. */
  #steps(workload: WorkloadRecord, record: UnitRecord) {
    return this.#parts.presentSteps.of(workload, record).map((step) => {
      const process = "process" in step ? (step.process ?? "") : "";
      const waiting = waitsForOffer(step) ? this.#waitReason(workload, record, process) : "";
      const explanation = waiting === "" ? step.explanation : `${step.explanation}; ${waiting}`;
      return { step, process, explanation };
    });
  }

  #noOffers(workload: WorkloadRecord, record: UnitRecord): string {
    const paused = this.#pauseReason(workload, record);
    if (paused !== "") return paused;
    const problem = this.#parts.kinds.of(workload).problem(workload);
    if (problem !== undefined) return problem;
    const unwritable = this.#parts.unwritable();
    if (unwritable !== "") return `nothing is launched while nothing can be stored: ${unwritable}`;
    const { subscription } = this.#parts;
    if (!subscription.active) return `the scheduler is not connected to the Mesos master (${subscription.problem})`;
    return this.#parts.silence();
  }

  #waitReason(workload: WorkloadRecord, record: UnitRecord, process = ""): string {
    const { waitReasons, clock, kinds } = this.#parts;
    const problem = kinds.of(workload).problem(workload);
    if (problem !== undefined) return problem;
    const id = requestIdOf(record.workload, record.unit, process);
    const offers = waitReasons.describe(id, this.#parts.subscription.active, clock.now());
    const reasons = [offers, this.#unknownHost(id), this.#oversize(id)];
    return reasons.filter((reason) => reason !== "").join("; ");
  }

  /** The text that no agent of the needed size was ever seen; "" when one was, or when nothing with this id waits. */
  #oversize(requestId: string): string {
    const request = this.#parts.waitReasons.request(requestId);
    return request === undefined ? "" : this.#parts.agentSizes.problem(request);
  }

  /** The text that its host was never seen; "" when it was, or when nothing with this id waits. */
  #unknownHost(requestId: string): string {
    const request = this.#parts.waitReasons.request(requestId);
    return request === undefined ? "" : this.#parts.agentNames.problem(request);
  }

  #stopReason(workload: WorkloadRecord, record: UnitRecord): string {
    if (wishOf(workload, record.unit) !== "stop") return "";
    if (record.launch === undefined && mayRunOnWithoutLaunch(record))
      return this.#steps(workload, record)[0]?.explanation ?? "";
    const holding = holdingPlan(workload, record.unit);
    return holding === undefined ? "it is not to run (expect)" : `its plan has stopped it (${holding.goal})`;
  }

  /** Why a paused unit without a launch is not launched. */
  #pauseReason(workload: WorkloadRecord, record: UnitRecord): string {
    if (isBeingRemoved(workload, record.unit)) return "";
    return pauseOf(workload, record, this.#parts.kinds.of(workload).rules.words);
  }

  /** Why a deleted unit without a launch is not removed yet. */
  #cleanupReason(workload: WorkloadRecord, record: UnitRecord): string {
    if (!isLeaving(workload, record.unit)) return "";
    return (
      this.#parts.presentSteps.of(workload, record)[0]?.explanation ??
      "nothing of it is left: its record is removed next"
    );
  }
}

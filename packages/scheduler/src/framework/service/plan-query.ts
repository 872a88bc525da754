// Answers questions about clusters for the REST API and the log: phases, the next steps, and why something is not
// placed yet.

import { type Clock, TimeSlice } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { BringUpPlan, StepView, UnitPlan } from "../../workload/plans/plan.ts";
import { describeMark, pauseOf } from "../../workload/plans/plan-control.ts";
import { nodeTry, processTry, tryView } from "../../workload/plans/tries.ts";
import { workloadPlanView } from "../../workload/plans/workload-plan-view.ts";
import { processTaskOf, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";
import type { AgentSizes } from "../agents/agent-size-history.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { UnitName } from "../memory/work-queue.ts";
import type { Subscription } from "../mesos/subscription.ts";
import { isPending, pendingView } from "../offers/pending-view.ts";
import type { WaitReasons } from "../offers/wait-reasons.ts";
import { requestIdOf } from "../placement/placement-requests.ts";
import type { UnitSteps } from "../steps/unit-steps.ts";

export interface PlanQueryParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly logs: Pick<ClusterLogs, "stat">;
  readonly waitReasons: WaitReasons;
  readonly agentSizes: Pick<AgentSizes, "problem">;
  readonly unitSteps: UnitSteps;
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

  /** Undefined for a node that was never rendered. */
  node(cluster: WorkloadRecord, record: UnitRecord): UnitPlan | undefined {
    const { launch } = record;
    const reasons =
      launch === undefined
        ? [
            this.#stopReason(cluster, record),
            this.#pauseReason(cluster, record),
            this.#cleanupReason(cluster, record),
            this.#waitReason(cluster, record),
          ]
        : [];
    return this.#parts.kinds.of(cluster).plan(cluster, {
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
      const plan = workload === undefined || record === undefined ? undefined : this.node(workload, record);
      if (plan !== undefined) logs.stat(name, plan, known);
      await pace.pause();
    }
  }

  plan(cluster: WorkloadRecord): BringUpPlan {
    const records = this.#parts.ledger.units(cluster.spec.name);
    const now = this.#parts.clock.now();
    return {
      nodes: records.flatMap((record) => this.node(cluster, record) ?? []),
      steps: records.flatMap((record) =>
        this.#steps(cluster, record).map(({ step, process, explanation }): StepView => {
          const next = process === "" ? nodeTry(record, now) : processTry(processTaskOf(record.launch, process), now);
          return { step: step.kind, node: record.unit, process, explanation, ...tryView(next) };
        }),
      ),
      paused: cluster.paused === undefined ? "" : describeMark(cluster.paused),
      workload: workloadPlanView(cluster, records),
    };
  }

  /** The nodes and processes that are to run or to be cleaned up and are not placed; empty when nothing waits. */
  pending(cluster: WorkloadRecord): readonly PendingView[] {
    const now = this.#parts.clock.now();
    const wanted = this.#parts.ledger.units(cluster.spec.name).filter(({ unit }) => wishOf(cluster, unit) !== "stop");
    return wanted.flatMap((record) =>
      this.#steps(cluster, record)
        .filter(({ step }) => isPending(step, record))
        .map(({ step, process, explanation }) => {
          const id = requestIdOf(record.workload, record.unit, process);
          const waiting = this.#parts.waitReasons.waiting(id, now);
          const noOffers = this.#noOffers(cluster, record);
          const oversize = this.#oversize(id);
          return pendingView({ cluster, record, step, explanation, waiting, noOffers, oversize, now });
        }),
    );
  }

  /** The steps. Those that wait for an offer get what is known about offers. */
  #steps(cluster: WorkloadRecord, record: UnitRecord) {
    return this.#parts.unitSteps.of(cluster, record).map((step) => {
      const process = "process" in step ? (step.process ?? "") : "";
      const asks = step.kind === "launch-node" || step.kind === "relaunch-process" || step.kind === "clean-up-node";
      const waiting = asks ? this.#waitReason(cluster, record, process) : "";
      const explanation = waiting === "" ? step.explanation : `${step.explanation}; ${waiting}`;
      return { step, process, explanation };
    });
  }

  #noOffers(cluster: WorkloadRecord, record: UnitRecord): string {
    const paused = cluster.deleting ? "" : pauseOf(cluster, record);
    if (paused !== "") return paused;
    const problem = this.#parts.kinds.of(cluster).problem(cluster);
    if (problem !== undefined) return problem;
    const unwritable = this.#parts.unwritable();
    if (unwritable !== "") return `nothing is launched while nothing can be stored: ${unwritable}`;
    const { subscription } = this.#parts;
    if (!subscription.active) return `the scheduler is not connected to the Mesos master (${subscription.problem})`;
    return this.#parts.silence();
  }

  #waitReason(cluster: WorkloadRecord, record: UnitRecord, process = ""): string {
    const { waitReasons, clock, kinds } = this.#parts;
    const problem = kinds.of(cluster).problem(cluster);
    if (problem !== undefined) return problem;
    const id = requestIdOf(record.workload, record.unit, process);
    const reasons = [waitReasons.describe(id, this.#parts.subscription.active, clock.now()), this.#oversize(id)];
    return reasons.filter((reason) => reason !== "").join("; ");
  }

  /** The text that no agent of the needed size was ever seen; "" when one was, or when nothing with this id waits. */
  #oversize(needId: string): string {
    const need = this.#parts.waitReasons.need(needId);
    return need === undefined ? "" : this.#parts.agentSizes.problem(need);
  }

  #stopReason(cluster: WorkloadRecord, record: UnitRecord): string {
    return wishOf(cluster, record.unit) === "stop" ? "it is not to run (expect)" : "";
  }

  /** Why a paused node without a launch is not launched. */
  #pauseReason(cluster: WorkloadRecord, record: UnitRecord): string {
    return cluster.deleting ? "" : pauseOf(cluster, record);
  }

  /** Why a deleted node without a launch is not removed yet. */
  #cleanupReason(cluster: WorkloadRecord, record: UnitRecord): string {
    return cluster.deleting ? (this.#parts.unitSteps.of(cluster, record)[0]?.explanation ?? "") : "";
  }
}

// The bring-up for a person: phases of each unit with status and reason, and the steps to come.
import type { WorkloadPlanView } from "./workload-plan-view.ts";

export type PhaseStatus = "pending" | "waiting" | "running" | "done" | "failed";

export interface PhaseView {
  /** From 1, in the order of the bring-up of this type of unit. */
  readonly number: number;
  readonly name: string;
  readonly status: PhaseStatus;
  /** As text; "" when there is nothing to explain. */
  readonly reason: string;
}

export interface UnitPlan {
  readonly unit: string;
  readonly type: string;
  /** Number and name of the last phase done; 0 and "" before the first. */
  readonly stat: number;
  readonly stat_name: string;
  readonly total_stat: number;
  readonly phases: readonly PhaseView[];
  /** "since <time> by <who>" while nothing of the unit is launched; "" otherwise. */
  readonly paused: string;
}

export interface FailureView {
  /** Mesos' reason; "" for none. */
  readonly reason: string;
  /** The executor's reason for programs: network_missing, port_taken, container_removed, …; "" for none. */
  readonly cause: string;
  /** The text of the executor, of Docker or of the wrapper, followed by the state that Mesos gave the task. */
  readonly message: string;
  /** The last lines of the process's stderr. */
  readonly output: string;
  /** ISO 8601; "" when it is not known. */
  readonly time: string;
}

export interface StepView {
  /** launch-unit, wait, kill-task, relaunch-process, retire-launch, clean-up-unit, abandon-orphaned */
  readonly step: string;
  readonly unit: string;
  readonly process: string;
  readonly explanation: string;
  /** Number of the next try, from 1. It begins anew after a retry that was asked for. */
  readonly attempt: number;
  /** ISO 8601; "" when it is taken as soon as it can be, or never by itself. */
  readonly next_try: string;
  /** Why the last try failed; null when none did. */
  readonly failure: FailureView | null;
}

export interface BringUpPlan {
  readonly units: readonly UnitPlan[];
  readonly steps: readonly StepView[];
  /** "since <time> by <who>" while nothing of the workload is launched; "" otherwise. */
  readonly paused: string;
  /** The plan of the whole workload: a stop; null when there is none. */
  readonly workload: WorkloadPlanView | null;
  /** Plans of single units, oldest first: a removal, for example. */
  readonly changes: readonly WorkloadPlanView[];
}

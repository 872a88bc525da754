// The bring-up as something a person can read: phases per node with status and reason, and the steps to take next.

export type PhaseStatus = "pending" | "waiting" | "running" | "done" | "failed";

export interface PhaseView {
  /** From 1, in the order of the bring-up of this type of node. */
  readonly number: number;
  readonly name: string;
  readonly status: PhaseStatus;
  /** In words; "" when there is nothing to explain. */
  readonly reason: string;
}

export interface NodePlan {
  readonly node: string;
  readonly type: string;
  /** Number and name of the last phase done; 0 and "" before the first. */
  readonly stat: number;
  readonly stat_name: string;
  readonly total_stat: number;
  readonly phases: readonly PhaseView[];
}

export interface StepView {
  /** launch-node, wait, kill-task, relaunch-process, retire-launch, clean-up-node, abandon-leftover */
  readonly step: string;
  readonly node: string;
  readonly process: string;
  readonly explanation: string;
}

export interface BringUpPlan {
  readonly nodes: readonly NodePlan[];
  readonly steps: readonly StepView[];
}

// The kinds of steps of one unit, and what the decision needs to know beside the unit's record.
import type { UnitRules } from "../records/unit-rules.ts";

/** Each kind has one function that carries it out: framework/steps/step-executors.ts. */
export type Step =
  | { readonly kind: "launch-node"; readonly explanation: string }
  | { readonly kind: "relaunch-process"; readonly process: string; readonly explanation: string }
  | {
      readonly kind: "kill-task";
      readonly taskId: string;
      readonly agentId: string;
      readonly executorId: string;
      /** True: the unit's data is removed with it. */
      readonly removal: boolean;
      readonly explanation: string;
    }
  | { readonly kind: "retire-launch"; readonly explanation: string }
  /** A superseded incarnation is over. */
  | { readonly kind: "retire-superseded"; readonly incarnation: string; readonly explanation: string }
  /** The launch is ended on purpose, to be made again elsewhere. */
  | { readonly kind: "evict-launch"; readonly explanation: string }
  /** A deleted unit is launched once more on a host that may still have its container or data, to be killed there. */
  | { readonly kind: "clean-up-node"; readonly hostname: string; readonly explanation: string }
  /** The host cannot be cleaned up: an operator gets a warning, and the host is forgotten. */
  | { readonly kind: "abandon-leftover"; readonly hostname: string; readonly explanation: string }
  /** Nothing to do before `untilMs` or before something happens. */
  | { readonly kind: "wait"; readonly untilMs?: number; readonly process?: string; readonly explanation: string };

export interface MaintenanceNotice {
  readonly explanation: string;
  /** When the unit is moved; absent when it stays. */
  readonly moveAtMs?: number;
}

export interface StepContext {
  readonly now: number;
  /** Of the kind of its workload. */
  readonly rules: UnitRules;
  /** Its removal was asked for, with its data. Nothing else removes data. */
  readonly deleting: boolean;
  /** It is not to run (`expect`): it ends, and its data stays. */
  readonly stopped?: boolean | undefined;
  /** Why its turn in the plan of its cluster has not come; "" or absent when it has. */
  readonly turn?: string | undefined;
  /** Since when a task is being killed; undefined when it is not. */
  readonly killingSince: (taskId: string) => number | undefined;
  /** Since when the first host of the unit's orphaned resources is waited for; undefined when it does not count now. */
  readonly cleanupSinceMs?: number | undefined;
  /** Processes whose end is their success: one-shots, and those that are never started again. */
  readonly mayFinish: ReadonlySet<string>;
  /** A unit whose data must not be lost: a master. */
  readonly stateful: boolean;
  /** A unit whose agent is out of reach for this long is launched elsewhere, unless it is stateful; 0: never. */
  readonly partitionGraceMs: number;
  /** Why it is not yet known whether the unit runs already; "" or absent when it is known. */
  readonly unsettled?: string | undefined;
  /** The maintenance of its agent, as far as it concerns the node. */
  readonly maintenance?: MaintenanceNotice | undefined;
}

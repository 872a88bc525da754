// What can be done for one unit, and what the decision about it needs to know beside the unit's record.

/** Each kind has one function that carries it out: framework/steps/step-executors.ts. */
export type Step =
  | { readonly kind: "launch-node"; readonly explanation: string }
  | { readonly kind: "relaunch-process"; readonly process: string; readonly explanation: string }
  | {
      readonly kind: "kill-task";
      readonly taskId: string;
      readonly agentId: string;
      readonly executorId: string;
      /** The node's data goes with it; false: it stays. */
      readonly removal: boolean;
      readonly explanation: string;
    }
  | { readonly kind: "retire-launch"; readonly explanation: string }
  /** An incarnation that another one superseded is over. */
  | { readonly kind: "retire-superseded"; readonly incarnation: string; readonly explanation: string }
  /** The launch is to be ended on purpose, to be made again elsewhere. */
  | { readonly kind: "evict-launch"; readonly explanation: string }
  /** A deleted node once more on the host that may still hold things of it, to be killed there. */
  | { readonly kind: "clean-up-node"; readonly hostname: string; readonly explanation: string }
  /** The host cannot be cleaned up: an operator is told, and it is forgotten. */
  | { readonly kind: "abandon-leftover"; readonly hostname: string; readonly explanation: string }
  /** Nothing to do before `untilMs` or before something happens. */
  | { readonly kind: "wait"; readonly untilMs?: number; readonly process?: string; readonly explanation: string };

export interface MaintenanceNotice {
  readonly explanation: string;
  /** When the node is moved; absent when it stays. */
  readonly moveAtMs?: number;
}

export interface StepContext {
  readonly now: number;
  /** Its removal was asked for: it goes, with its data. Nothing else takes data. */
  readonly deleting: boolean;
  /** It is not to run (`expect`): it ends, and its data stays. */
  readonly stopped?: boolean | undefined;
  /** Why its turn in the plan of its cluster has not come; "" or absent when it has. */
  readonly turn?: string | undefined;
  /** Since when a task is being killed; undefined when it is not. */
  readonly killingSince: (taskId: string) => number | undefined;
  /** Since when the first host of the node's leftovers is waited for; undefined when that does not count now. */
  readonly cleanupSinceMs?: number | undefined;
  /** Processes whose success is their end: one-shots, and those that are never started again. */
  readonly mayFinish: ReadonlySet<string>;
  /** A node whose volumes must not be lost: a master. */
  readonly stateful: boolean;
  /** A node whose agent is out of reach for this long is launched elsewhere, unless it is stateful; 0: never. */
  readonly partitionGraceMs: number;
  /** Why it is not known yet whether the node runs already; "" or absent when it is known. */
  readonly unsettled?: string | undefined;
  /** The maintenance of its agent, as far as it concerns the node. */
  readonly maintenance?: MaintenanceNotice | undefined;
}

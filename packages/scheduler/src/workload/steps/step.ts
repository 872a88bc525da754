// The kinds of steps of one unit, and what the decision needs to know beside the unit's record.
import type { HeldAmount } from "../records/resource-tasks.ts";
import type { UnitRules } from "../records/unit-rules.ts";

/** Each kind has one function that carries it out: framework/steps/step-executors.ts. */
export type Step =
  | { readonly kind: "launch-unit"; readonly explanation: string }
  | { readonly kind: "relaunch-process"; readonly process: string; readonly explanation: string }
  /** A further task of that name holds resources of a process that runs. */
  | {
      readonly kind: "hold-resources";
      readonly process: string;
      readonly amount: HeldAmount;
      /** When it is not waited for any longer; absent: it is waited for until it comes. */
      readonly untilMs?: number | undefined;
      readonly explanation: string;
    }
  /** The process may take what its tasks hold. */
  | {
      readonly kind: "grant-resources";
      readonly process: string;
      readonly amount: HeldAmount;
      readonly explanation: string;
    }
  | {
      readonly kind: "kill-task";
      readonly taskId: string;
      readonly agentId: string;
      readonly executorId: string;
      /** True: the unit's data is removed with it. */
      readonly removal: boolean;
      /** True: a part of what it holds is still needed, and is held anew when it has ended. */
      readonly heldAnew?: boolean | undefined;
      readonly explanation: string;
    }
  | { readonly kind: "retire-launch"; readonly explanation: string }
  /** A superseded incarnation is over. */
  | { readonly kind: "retire-superseded"; readonly incarnation: string; readonly explanation: string }
  /** The launch is ended on purpose, to be made again elsewhere. */
  | { readonly kind: "evict-launch"; readonly explanation: string }
  /** A plan of its kind begins that moves the unit with its data to another host. */
  | { readonly kind: "relocate-unit"; readonly explanation: string }
  /** A unit is launched once more on a host that may still have its container or data, only to be killed there. */
  | {
      readonly kind: "clean-up-unit";
      readonly hostname: string;
      /** Further hosts of which the same is true; whichever offers first is taken. */
      readonly alsoAt: readonly string[];
      /** The unit is stopped, and not deleted: what an executor has left running ends, and the data stays. Absent: all of it goes. */
      readonly keepsData?: true | undefined;
      readonly explanation: string;
    }
  /** The host cannot be cleaned up: an operator gets a warning, and the removal waits for it no longer. */
  | { readonly kind: "abandon-orphaned"; readonly hostname: string; readonly explanation: string }
  /** Nothing to do before `untilMs` or before something happens. */
  | { readonly kind: "wait"; readonly untilMs?: number; readonly process?: string; readonly explanation: string };

export interface MaintenanceNotice {
  readonly explanation: string;
  /** When the unit is moved; absent when it stays. */
  readonly moveAtMs?: number;
  /** How it is moved, when it is not ended to be launched elsewhere: by a plan that is to begin, or that goes on. */
  readonly relocation?: "begins" | "goes-on";
}

export interface StepContext {
  readonly now: number;
  /** Of the kind of its workload. */
  readonly rules: UnitRules;
  /** Its removal was asked for, with its data. Nothing else removes data. */
  readonly deleting: boolean;
  /** Another instance of it begins when this one is gone. */
  readonly replacing?: boolean | undefined;
  /** It is to be removed, and may run until its turn has come: it is not launched again. */
  readonly leaving?: boolean | undefined;
  /** It is not to run (`expect`): it ends, and its data stays. */
  readonly stopped?: boolean | undefined;
  /** What the plan is for that has stopped it; absent: `expect` has. */
  readonly heldBy?: string | undefined;
  /** Why its turn in the plan of its workload has not come; "" or absent when it has. */
  readonly turn?: string | undefined;
  /** Since when a task is being killed; undefined when it is not. */
  readonly killingSince: (taskId: string) => number | undefined;
  /** Since when the first host that a removal still waits for is waited for; undefined when it does not count now. */
  readonly cleanupSinceMs?: number | undefined;
  /** Processes whose end is their success: one-shots, and those that are never started again. */
  readonly mayFinish: ReadonlySet<string>;
  /** By process: what its tasks are to hold in Mesos. One-shots hold nothing of their own. */
  readonly shares?: ReadonlyMap<string, HeldAmount> | undefined;
  /** It may run on one host only (`isTied`): it is stateful, or may still run where it was. */
  readonly tied: boolean;
  /** A unit whose agent is out of reach for this long is launched elsewhere, unless it is tied; 0: never. */
  readonly partitionGraceMs: number;
  /** Its data is lost, and it does not begin anew by itself: where it was. The others do not know a unit that begins anew. */
  readonly lostOn?: string | undefined;
  /** Why it is not decided yet whether all stateful units begin anew; "" or absent when it is, or needs no decision. */
  readonly undecided?: string | undefined;
  /** The host that it avoids for a time, because the instance before it was there; until when, UNIX ms. */
  readonly avoids?: { readonly hostname: string; readonly untilMs: number } | undefined;
  /** Why it is not yet known whether the unit runs already; "" or absent when it is known. */
  readonly unsettled?: string | undefined;
  /** The maintenance of its agent, as far as it concerns the unit. */
  readonly maintenance?: MaintenanceNotice | undefined;
}

// The stored plans of a workload, in the workload's record. What follows from them: workload/plans/workload-plan.ts.
import { z } from "zod";

const stageSchema = z.object({
  /** For people: "workers and consoles". */
  name: z.string(),
  /** In the order of the stage. */
  units: z.array(z.string()),
  /** At most this many units at the same time; absent: all of them. */
  atOnce: z.number().int().min(1).optional(),
  /**
   * What happens to each unit of the stage. Absent: "stop". The framework knows "stop", "remove" (it ends, and its data
   * goes), "forget" (it leaves the workload), "replace" (it ends, and another instance of it begins), "move" (its data is
   * on another host from now on) and "start" (it runs again after its stop); every other action is the kind's.
   */
  action: z.string().optional(),
  /** A unit that is to go later in the plan is launched again when it ends before this is done: others count on it. */
  keeps: z.boolean().optional(),
});

export const workloadPlanSchema = z.object({
  /** Unique among the plans of the workload; "" for the stop of all of it. */
  id: z.string().default(""),
  /** What the plan is for: stop, remove, … */
  goal: z.string(),
  stages: z.array(stageSchema),
  /** What was asked for beside that. Actions of the kind read it. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  sinceMs: z.number(),
  /** Who asked for it; "" when it is not known. */
  by: z.string(),
  /** Entries (`entryKey`) whose turn has come. */
  begun: z.array(z.string()),
  /** When they began, or were tried anew because an operator asked for it. Absent in records of earlier versions. */
  begunAtMs: z.record(z.string(), z.number()).default({}),
  /** Entries that have reached their goal once. */
  done: z.array(z.string()),
  /** Entries for which the plan does not wait, because an operator asked for that. `action` absent: "stop". */
  skipped: z.array(
    z.object({
      unit: z.string(),
      action: z.string().optional(),
      sinceMs: z.number(),
      by: z.string(),
      /** The unit stays, for all that was left to do with it was given up: for good, so that no retry asks for its end again. */
      stays: z.boolean().optional(),
    }),
  ),
});

export type WorkloadPlan = Readonly<z.infer<typeof workloadPlanSchema>>;
export type PlanStage = Readonly<WorkloadPlan["stages"][number]>;

/** One unit in one stage of a plan. */
export interface PlanEntry {
  readonly action: string;
  readonly unit: string;
}

/** Option of a plan with the action "replace": the value that marks the next instance of its unit. */
export const instanceOption = "instance";
/**
 * Options of a plan with the action "move": the unit on whose host the data of the moved unit is, and the unit that answers for
 * what is left on the host where it was.
 */
export const destinationOption = "destination";
export const sourceOption = "source";
/** Option of a plan (true) that goes on while its workload is not to run, with the units that were added to the workload for it. */
export const atRestOption = "atRest";

/** Actions that the framework carries out itself. */
export const frameworkActions = ["stop", "remove", "forget", "replace", "move", "start"] as const;
export type FrameworkAction = (typeof frameworkActions)[number];

export function isFrameworkAction(action: string): action is FrameworkAction {
  return frameworkActions.some((known) => known === action);
}

export const actionOf = ({ action }: Pick<PlanStage, "action">) => action ?? "stop";

/** The entry as `begun` and `done` name it. Names of units have no colon. */
export const entryKey = ({ action, unit }: PlanEntry) => (action === "stop" ? unit : `${unit}:${action}`);

export function entriesOf({ stages }: Pick<WorkloadPlan, "stages">): readonly PlanEntry[] {
  return stages.flatMap((stage) => stage.units.map((unit) => ({ action: actionOf(stage), unit })));
}

export function isSkipped({ skipped }: Pick<WorkloadPlan, "skipped">, { action, unit }: PlanEntry): boolean {
  return skipped.some((one) => one.unit === unit && (one.action ?? "stop") === action);
}

/** True for an entry that is neither done nor skipped. */
export function isOpen(plan: WorkloadPlan, entry: PlanEntry): boolean {
  return !plan.done.includes(entryKey(entry)) && !isSkipped(plan, entry);
}

/** The entry with this action of the unit; undefined when the plan has none. */
export function entryOf(plan: Pick<WorkloadPlan, "stages">, action: string, unit: string): PlanEntry | undefined {
  return entriesOf(plan).find((entry) => entry.action === action && entry.unit === unit);
}

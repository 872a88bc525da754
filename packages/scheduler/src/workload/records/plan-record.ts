// The stored plan of a whole workload, in the workload's record. What follows from it: workload/plans/workload-plan.ts.
import { z } from "zod";

const stageSchema = z.object({
  /** For people: "workers and consoles". */
  name: z.string(),
  /** In the order of the stage. */
  units: z.array(z.string()),
  /** At most this many units at the same time; absent: all of them. */
  atOnce: z.number().int().min(1).optional(),
});

export const workloadPlanSchema = z.object({
  /** What happens to every unit. */
  goal: z.enum(["stop"]),
  stages: z.array(stageSchema),
  sinceMs: z.number(),
  /** Who asked for it; "" when it is not known. */
  by: z.string(),
  /** Units whose turn has come. */
  begun: z.array(z.string()),
  /** Units that have reached the goal once. */
  done: z.array(z.string()),
  /** Units for which the plan does not wait, because an operator asked for that. */
  skipped: z.array(z.object({ unit: z.string(), sinceMs: z.number(), by: z.string() })),
});

export type WorkloadPlan = Readonly<z.infer<typeof workloadPlanSchema>>;
export type PlanStage = WorkloadPlan["stages"][number];

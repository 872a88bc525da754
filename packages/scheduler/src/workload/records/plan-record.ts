// A plan of a whole workload as it is stored in the workload's record. What follows from it: workload/plans/workload-plan.ts.
import { z } from "zod";

const stageSchema = z.object({
  /** For people: "workers and consoles". */
  name: z.string(),
  /** In this order. */
  units: z.array(z.string()),
  /** So many are at work at once; all of them when it is not there. */
  atOnce: z.number().int().min(1).optional(),
});

export const workloadPlanSchema = z.object({
  /** What becomes of every unit of it. */
  goal: z.enum(["stop"]),
  stages: z.array(stageSchema),
  sinceMs: z.number(),
  /** Who asked for it; "" when that is not known. */
  by: z.string(),
  /** Units whose turn has come. */
  begun: z.array(z.string()),
  /** Units that have reached the goal once. */
  done: z.array(z.string()),
  /** Units that nobody waits for, because an operator said so. */
  skipped: z.array(z.object({ unit: z.string(), sinceMs: z.number(), by: z.string() })),
});

export type WorkloadPlan = Readonly<z.infer<typeof workloadPlanSchema>>;
export type PlanStage = WorkloadPlan["stages"][number];

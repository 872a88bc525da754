// An action of a plan that only this kind can carry out: a function by its name.
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";

/** Idempotent: it is asked again until it says "done". What it throws is shown, and it is tried again. */
export type NodeAction = (request: PlanActionRequest) => Promise<PlanActionOutcome>;
export type NodeActions = ReadonlyMap<string, NodeAction>;

// What a kind gets for an action of a plan, and what it answers.
import type { WorkloadPlan } from "../records/plan-record.ts";
import type { UnitRecord, WorkloadRecord } from "../records/records.ts";

export interface PlanActionRequest {
  /** The present records. `record`: undefined for a unit that does not exist any more. */
  readonly workload: WorkloadRecord;
  readonly unit: string;
  readonly record: UnitRecord | undefined;
  readonly plan: WorkloadPlan;
  readonly action: string;
  /** When the action began, or was tried anew because an operator asked for it: UNIX ms. */
  readonly begunAtMs: number;
  /** Begin of the maintenance that is scheduled for the agent where the unit runs, UNIX ms. */
  readonly windowStartMs?: number | undefined;
  /** Says in one sentence what is waited for now; `state` shows it. */
  readonly report: (text: string) => void;
  /** Aborted when the action is not wanted any more, or when this scheduler does not lead any more. */
  readonly signal: AbortSignal;
}

export type PlanActionOutcome =
  | { readonly state: "done" }
  /** Something else must happen first: it is asked again soon. */
  | { readonly state: "waits"; readonly reason: string }
  /** It does not go on by itself: an operator asks for a retry, or a skip. */
  | { readonly state: "failed"; readonly reason: string };

// Whether a unit leaves its host together with its data, before its agent goes into maintenance. Pure.
import type { WorkloadRecord } from "../records/records.ts";

/** Who asked for a plan that moves a unit before its agent's maintenance. */
export const byMaintenance = "maintenance";

export interface RelocationAsked {
  /** Unique among all plans. */
  readonly id: string;
  readonly sinceMs: number;
  readonly by: string;
}

export type Relocation =
  /** `reason`: to follow "it stays, for". */
  | { readonly kind: "stays"; readonly reason: string }
  /** A plan moves it already. `words`: a sentence. */
  | { readonly kind: "moving"; readonly words: string; readonly planId: string }
  /** The workload with a plan that moves the unit, and names of the units that the plan adds to it. */
  | {
      readonly kind: "moves";
      readonly begin: (asked: RelocationAsked) => {
        readonly workload: WorkloadRecord;
        readonly units: readonly string[];
      };
    };

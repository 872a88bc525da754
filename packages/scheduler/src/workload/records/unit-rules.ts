// What only the kind of a unit can tell from its reports, and about what it leaves on hosts. The pure decisions get it
// beside the records. It has no state: the same report always gives the same answer.
import type { UnitReport } from "@cke/protocol";
import type { UnitRecord } from "./records.ts";

export interface UnitRules {
  /** True when something of the unit is on its host, so that its data may be there. */
  readonly isOnHost: (report: UnitReport) => boolean;
  /** True while its executor only looks at its host, and has taken nothing over yet. */
  readonly looksAtHost: (report: UnitReport) => boolean;
  /** True when it failed for a lasting reason, so that an operator must change something. It is tried again slowly. */
  readonly needsHelp: (report: UnitReport) => boolean;
  /** What may be left of it on a host: "container cke-my-node0 or its volumes". */
  readonly remains: (unit: Pick<UnitRecord, "workload" | "unit">) => string;
  /**
   * The command for a host that no executor can clean up. It names the instance, so that it removes no other
   * instance's data.
   */
  readonly cleanupCommand: (unit: Pick<UnitRecord, "workload" | "unit" | "instance">) => string;
}

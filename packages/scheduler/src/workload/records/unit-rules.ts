// What only the kind of a unit can tell from its reports, and about what it leaves on hosts. The pure decisions get it
// beside the records. It has no state: the same report always gives the same answer.
import type { UnitReport } from "@cke/protocol";
import type { UnitRecord } from "./records.ts";

/** How texts for people name a workload of the kind, and a unit of it: "cluster" and "node". */
export interface KindWords {
  readonly workload: string;
  readonly unit: string;
  /** Its stateful units, several of them: "masters". */
  readonly stateful: string;
  /** What a stop keeps, to follow "its": "data, addresses and keys". */
  readonly keeps: string;
}

export interface UnitRules {
  readonly words: KindWords;
  /** True when its executors take tasks that only hold resources of a process, so that these can be given back while it runs. */
  readonly resourceTasks: boolean;
  /** True when something of the unit is on its host, so that its data may be there. */
  readonly isOnHost: (report: UnitReport) => boolean;
  /**
   * True when the last report of a launch that failed before the unit ran says that it made no data, whatever it reported on its way.
   * Absent: what has been on a host has data there.
   */
  readonly madeNoData?: (report: UnitReport) => boolean;
  /**
   * What its executor runs, when that dies without a word: it ends too; it may run on; or it may run on, and nothing of the unit begins
   * elsewhere before a later executor has said something else.
   */
  readonly withoutExecutor: "ends" | "runs" | "runs-alone";
  /** True when the last report of an executor says that it could not end what it ran. */
  readonly leftRunning: (report: UnitReport) => boolean;
  /**
   * A stateful unit whose data is lost, because its agent was marked gone. `begins`: it begins anew by itself when no other stateful
   * unit of its workload has data. `words`: what is to be done when it does not.
   */
  readonly withoutData: {
    readonly begins: boolean;
    readonly words: (unit: Pick<UnitRecord, "workload" | "unit">, hostname: string) => string;
  };
  /** What an operator can do when the one host is lost that has the data of a stateful unit: to follow a semicolon or a period. */
  readonly homeLost: (unit: Pick<UnitRecord, "workload" | "unit">) => string;
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

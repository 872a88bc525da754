// Begins the plan that moves a unit with its data off an agent that goes into maintenance. The kind makes the plan; it and the units that
// it needs are stored in one commit.
import type { Clock } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { byMaintenance } from "../../workload/steps/relocation.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { Acts } from "./step-table.ts";

export interface UnitRelocationParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  /** Another value at each call. */
  readonly incarnation: (now: number) => string;
}

/** `relocate-unit` */
export function relocateUnit({ clock, ledger, logs, kinds, incarnation }: UnitRelocationParts): Acts<"relocate-unit"> {
  return {
    acts: async ({ record: { workload: name, unit } }, { explanation }) => {
      const workload = ledger.workload(name);
      const record = ledger.unit(name, unit);
      if (workload === undefined || record === undefined) return undefined;
      const relocation = kinds.of(workload).relocation?.(workload, record, undefined);
      if (relocation?.kind !== "moves") return undefined;
      const now = clock.now();
      const next = relocation.begin({ id: incarnation(now), sinceMs: now, by: byMaintenance });
      const units = next.units.map((one) => ({ ...newUnitRecord(name, one, record.instance), addedAtMs: now }));
      await ledger.commit({ workload: next.workload, units });
      logs.line("info", name, explanation, { unit });
      return undefined;
    },
  };
}

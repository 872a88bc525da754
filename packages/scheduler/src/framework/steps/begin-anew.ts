// All stateful units of a workload begin anew, because none of them has data any more: the notes of their losses, and what their kind
// makes of the beginning, go in one commit. Before it none of them can be launched, after it all can.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { newBeginning } from "../../workload/plans/new-beginning.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface NewBeginningParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
}

/** `begin-anew` */
export function beginAnew({ ledger, logs, kinds }: NewBeginningParts): WorkloadExecutor<"begin-anew"> {
  return async (workload, { explanation }) => {
    const { name } = workload.spec;
    const units = newBeginning(workload, ledger.units(name));
    if (units.length === 0) return "unchanged";
    const beginning = kinds.of(workload).beginAnew?.(workload);
    if (beginning === undefined) await ledger.commit({ units });
    else await ledger.commit({ workload: beginning.workload, units, also: beginning.operations });
    beginning?.stored();
    logs.line("warning", name, explanation);
    return "changed";
  };
}

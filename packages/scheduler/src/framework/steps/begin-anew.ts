// All stateful units of a workload begin anew, because none of them has data any more. One commit removes the notes of their losses and
// stores what their kind needs for it. Before this commit none of them can be launched, after it all can.
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { beginningWithoutData, undecidedBeginning } from "../../workload/plans/beginning-without-data.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import { isStateful } from "../../workload/records/workload-spec.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { WorkloadExecutor } from "./step-table.ts";

export interface BeginAnewParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly kinds: Kinds;
  /** Why it is not known whether the unit runs in Mesos; "" when it is known. */
  readonly unsettled: (workload: string, unit: string) => string;
}

export class BeginAnew {
  readonly #parts: BeginAnewParts;
  /** Why the units cannot begin anew, by workload, as its log has it. */
  readonly #problems = new Map<string, string>();

  constructor(parts: BeginAnewParts) {
    this.#parts = parts;
  }

  /** The records of the units that begin anew now, without the notes of their losses. */
  of(workload: WorkloadRecord): readonly UnitRecord[] {
    const { name } = workload.spec;
    const { ledger, unsettled } = this.#parts;
    if (!this.#begins(workload)) return [];
    return beginningWithoutData(workload, ledger.units(name), (unit) => unsettled(name, unit));
  }

  /** Why the unit is not launched before it is decided whether all stateful units begin anew; "" when it is. */
  undecided(workload: WorkloadRecord, { unit, home }: Pick<UnitRecord, "unit" | "home">): string {
    const { name } = workload.spec;
    const { ledger, unsettled } = this.#parts;
    if (home !== "" || !isStateful(workload.spec, unit) || !this.#begins(workload)) return "";
    const words = undecidedBeginning(workload, ledger.units(name), (one) => unsettled(name, one));
    const problem = this.#problems.get(name);
    return words === "" || problem === undefined ? words : `${words}; ${problem}`;
  }

  /** `begin-anew`. What prevents it is said once and holds up nothing else of the workload. */
  readonly begin: WorkloadExecutor<"begin-anew"> = async (workload, { explanation }) => {
    const { ledger, logs, kinds } = this.#parts;
    const { name } = workload.spec;
    const units = this.of(workload);
    if (units.length === 0) return "unchanged";
    const beginning = kinds.of(workload).beginAnew?.(workload);
    if (beginning !== undefined && "problem" in beginning) {
      this.#prevented(name, units, beginning.problem);
      return "unchanged";
    }
    this.#problems.delete(name);
    if (beginning === undefined) await ledger.commit({ units });
    else await ledger.commit({ workload: beginning.workload, units, also: beginning.operations });
    beginning?.stored();
    logs.line("warning", name, explanation);
    return "changed";
  };

  /** The workload is removed. */
  forget(workload: string): void {
    this.#problems.delete(workload);
  }

  #prevented(workload: string, units: readonly UnitRecord[], problem: string): void {
    if (this.#problems.get(workload) === problem) return;
    this.#problems.set(workload, problem);
    const names = units.map(({ unit }) => unit).join(", ");
    this.#parts.logs.line("error", workload, `${names}: no data is left, and they cannot begin anew: ${problem}`);
  }

  #begins(workload: WorkloadRecord): boolean {
    return this.#parts.kinds.of(workload).rules.withoutData.begins;
  }
}

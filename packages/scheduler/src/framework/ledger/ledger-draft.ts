// Collects the changes of several status updates for one commit of the ledger.
import { type UnitRecord, unitKey } from "../../workload/records/records.ts";
import { type FoundTask, findTaskIn } from "./found-task.ts";
import type { Ledger } from "./ledger.ts";
import { maxRecordsPerCommit, type RefusedUnits } from "./ledger-change.ts";

/** Changes that are made one after the other in memory and stored together. */
export class LedgerDraft {
  readonly #ledger: Ledger;
  readonly #before: LedgerDraft | undefined;
  readonly #records = new Map<string, UnitRecord>();
  /** Keys of changed records from which steps may follow. */
  readonly #loud = new Set<string>();

  /** `before`: the draft whose commit is under way. This draft's commit comes after it. */
  constructor(ledger: Ledger, before?: LedgerDraft) {
    this.#ledger = ledger;
    this.#before = before;
  }

  /** Like the ledger's `findTask`, with the changes of this draft and of those before it. */
  findTask(taskId: string): FoundTask | undefined {
    return findTaskIn((workload, unit) => this.#unit(workload, unit), taskId);
  }

  /** True when one more change of this unit does not make the commit too large. */
  hasSpace({ workload, unit }: UnitRecord): boolean {
    return this.#records.size < maxRecordsPerCommit || this.#records.has(unitKey(workload, unit));
  }

  /** `quiet`: no step follows from this change. */
  put(record: UnitRecord, quiet = false): void {
    const key = unitKey(record.workload, record.unit);
    this.#records.set(key, record);
    if (!quiet) this.#loud.add(key);
  }

  /** Stores all changes or none. Units whose records are too large for the store are left out and returned. */
  async commit(): Promise<RefusedUnits> {
    const quiet = new Set([...this.#records].flatMap(([key, record]) => (this.#loud.has(key) ? [] : [record])));
    return await this.#ledger.commitUnits([...this.#records.values()], quiet);
  }

  #unit(workload: string, unit: string): UnitRecord | undefined {
    const own = this.#records.get(unitKey(workload, unit));
    if (own !== undefined) return own;
    return this.#before === undefined ? this.#ledger.unit(workload, unit) : this.#before.#unit(workload, unit);
  }
}

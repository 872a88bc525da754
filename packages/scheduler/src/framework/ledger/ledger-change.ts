// What a change of the ledger consists of, and what the ledger tells of it.
import type { StoreOperation } from "../../store/store.ts";
import type { StorableRecord } from "../../workload/records/record-text.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";

export interface LedgerChange {
  readonly workload?: WorkloadRecord;
  readonly units?: readonly UnitRecord[];
  /** Records from whose change no step follows. They are not put into the work queue. */
  readonly quiet?: ReadonlySet<UnitRecord>;
  /** Further changes of the store that belong to the same commit. */
  readonly also?: readonly StoreOperation[];
}

/** Most records of one commit, because stores bound the operations and the bytes of a transaction. */
export const maxRecordsPerCommit = 100;

/** Keys (`unitKey`) of the units whose records are too large for the store. Nothing of their change was stored. */
export type RefusedUnits = ReadonlySet<string>;
export const noUnits: RefusedUnits = new Set();

/** What the ledger tells of. */
export interface LedgerListener {
  /** Called once for each unit whose record is too large for the store. */
  readonly onRefused?: (record: UnitRecord, problem: string) => void;
  /** A unit's record has changed, or its workload was removed. */
  readonly onChanged?: ((workload: string, unit: string) => void) | undefined;
}

/** A record as it is stored, and as the caller gave it. */
export interface StorableUnit extends StorableRecord {
  readonly asked: UnitRecord;
}

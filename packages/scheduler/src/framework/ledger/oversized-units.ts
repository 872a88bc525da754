// The units whose newest records are too large for the store. Nothing of such a record is stored.
import { CkeError } from "@cke/foundation";
import { maxValueBytes } from "../../store/store-limits.ts";
import { describeOversize } from "../../workload/records/record-text.ts";
import { type UnitRecord, unitKey } from "../../workload/records/records.ts";
import type { LedgerListener } from "./ledger-change.ts";

/** A unit's record is too large for the store. It concerns that unit only. */
export class RecordTooLargeError extends CkeError {
  constructor(message: string) {
    super("record_too_large", message, { status: 422 });
  }
}

export class OversizedUnits {
  readonly #onRefused: LedgerListener["onRefused"];
  /** Why the newest record of a unit is not stored. */
  readonly #problems = new Map<string, string>();

  constructor(onRefused: LedgerListener["onRefused"]) {
    this.#onRefused = onRefused;
  }

  /** Why the newest record of a unit is not stored; "" when it is. */
  problem(workload: string, unit: string): string {
    return this.#problems.get(unitKey(workload, unit)) ?? "";
  }

  add(record: UnitRecord): void {
    const known = this.problem(record.workload, record.unit) !== "";
    const problem = describeOversize(record, maxValueBytes);
    this.#problems.set(unitKey(record.workload, record.unit), problem);
    if (!known) this.#onRefused?.(record, problem);
  }

  /** The newest record of the unit is stored, or the unit is gone. */
  delete(workload: string, unit: string): void {
    this.#problems.delete(unitKey(workload, unit));
  }
}

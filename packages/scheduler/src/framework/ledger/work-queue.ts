// The workloads whose steps must be decided now: those that have changed, and those whose time has come. All others are
// left alone, however many there are.

/** Every workload is decided anew at this interval even without a reason, in case a deadline was forgotten. */
const sweepMs = 30_000;

export interface UnitName {
  readonly workload: string;
  readonly unit: string;
}

export class WorkQueue {
  readonly #changed = new Set<string>();
  readonly #dueMs = new Map<string, number>();
  #earliestMs = Number.POSITIVE_INFINITY;
  #units = new Map<string, UnitName>();

  /**
   * The workload has changed. The ledger calls it for every stored change; a part that keeps other state must call it
   * too.
   */
  add(workload: string): void {
    this.#changed.add(workload);
  }

  /** A unit's record has changed. */
  addUnit(name: UnitName): void {
    this.#changed.add(name.workload);
    this.#units.set(`${name.workload}/${name.unit}`, name);
  }

  /** The workload must be decided anew at `dueMs`, or earlier when it changes, or after `sweepMs`. */
  later(workload: string, dueMs: number, now: number): void {
    const due = Math.min(dueMs, now + sweepMs);
    this.#dueMs.set(workload, due);
    this.#earliestMs = Math.min(this.#earliestMs, due);
  }

  forget(workload: string): void {
    this.#changed.delete(workload);
    this.#dueMs.delete(workload);
  }

  /** The workloads to decide now. Each leaves the queue until `add` or `later` name it again. */
  take(now: number): readonly string[] {
    if (now >= this.#earliestMs) {
      this.#earliestMs = Number.POSITIVE_INFINITY;
      for (const [workload, due] of this.#dueMs) {
        if (due <= now) this.#changed.add(workload);
        else this.#earliestMs = Math.min(this.#earliestMs, due);
      }
    }
    const workloads = [...this.#changed];
    this.#changed.clear();
    for (const workload of workloads) this.#dueMs.delete(workload);
    return workloads;
  }

  /** The units that have changed since the last call. */
  takeUnits(): readonly UnitName[] {
    const units = [...this.#units.values()];
    this.#units = new Map();
    return units;
  }
}

// Which clusters are looked at next: those that changed, and those whose time has come. Everything else is left alone,
// however many there are.

/** Every cluster is looked at this often even when nothing says so: what a deadline forgets is made up for here. */
const sweepMs = 30_000;

export interface UnitName {
  readonly workload: string;
  readonly unit: string;
}

export class WorkQueue {
  readonly #changed = new Set<string>();
  readonly #dueMs = new Map<string, number>();
  #earliestMs = Number.POSITIVE_INFINITY;
  #nodes = new Map<string, UnitName>();

  /** Something about the cluster changed. Called for every stored change; whoever keeps other state must call it too. */
  add(cluster: string): void {
    this.#changed.add(cluster);
  }

  /** A node's record changed. */
  addUnit(name: UnitName): void {
    this.#changed.add(name.workload);
    this.#nodes.set(`${name.workload}/${name.unit}`, name);
  }

  /** The cluster must be looked at again at `dueMs`, or earlier when it changes, or after `sweepMs`. */
  later(cluster: string, dueMs: number, now: number): void {
    const due = Math.min(dueMs, now + sweepMs);
    this.#dueMs.set(cluster, due);
    this.#earliestMs = Math.min(this.#earliestMs, due);
  }

  forget(cluster: string): void {
    this.#changed.delete(cluster);
    this.#dueMs.delete(cluster);
  }

  /** The clusters to look at now; each of them is forgotten until `add` or `later` name it again. */
  take(now: number): readonly string[] {
    if (now >= this.#earliestMs) {
      this.#earliestMs = Number.POSITIVE_INFINITY;
      for (const [cluster, due] of this.#dueMs) {
        if (due <= now) this.#changed.add(cluster);
        else this.#earliestMs = Math.min(this.#earliestMs, due);
      }
    }
    const clusters = [...this.#changed];
    this.#changed.clear();
    for (const cluster of clusters) this.#dueMs.delete(cluster);
    return clusters;
  }

  /** The nodes that changed since the last call. */
  takeUnits(): readonly UnitName[] {
    const nodes = [...this.#nodes.values()];
    this.#nodes = new Map();
    return nodes;
  }
}

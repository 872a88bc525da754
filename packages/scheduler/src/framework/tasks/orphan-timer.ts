// Counts how long deleted units wait for hosts to be cleaned up. Only time in which Mesos could have offered those
// hosts counts, so it is kept in memory, and begins anew with every subscription and every start of the scheduler.

import type { OrphanedResources } from "../../workload/records/records.ts";

/** What an instance of the unit has left on a host. */
type Left = Pick<OrphanedResources, "hostname" | "instance">;

const keyOf = (workload: string, unit: string, { hostname, instance = "" }: Left) =>
  `${workload}/${unit}/${hostname}@${instance}`;

export class OrphanTimer {
  readonly #since = new Map<string, number>();
  #connected = false;

  connected(): void {
    this.#since.clear();
    this.#connected = true;
  }

  disconnected(): void {
    this.#since.clear();
    this.#connected = false;
  }

  /** Begins to count; true the first time. */
  begin(workload: string, unit: string, left: Left, now: number): boolean {
    const key = keyOf(workload, unit, left);
    if (!this.#connected || this.#since.has(key)) return false;
    this.#since.set(key, now);
    return true;
  }

  /** Undefined when nothing is counted. */
  since(workload: string, unit: string, left: Left): number | undefined {
    return this.#since.get(keyOf(workload, unit, left));
  }

  /** For a whole workload, or for one unit of it. */
  forget(workload: string, unit?: string): void {
    const prefix = unit === undefined ? `${workload}/` : `${workload}/${unit}/`;
    for (const key of [...this.#since.keys()]) if (key.startsWith(prefix)) this.#since.delete(key);
  }
}

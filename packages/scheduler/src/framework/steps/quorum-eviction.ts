// Workloads with a part of a quorum give up their places for others that wait too: the change of their records and the
// lines in their logs. Who must give up is decided purely (`placement/quorum-yield.ts`).
import type { Clock } from "@cke/foundation";
import type { Ledger } from "../ledger/ledger.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { patienceMs, type Waiter, waitersOf, withoutPlace, yieldingWorkload } from "../placement/quorum-yield.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

/** Time between two workloads that give up, because the first one's places may be enough. */
const paceMs = 60_000;
/** Time between two checks. */
const lookMs = 5_000;

export interface QuorumEvictionParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly clock: Clock;
}

export class QuorumEviction {
  readonly #parts: QuorumEvictionParts;
  #nextMs = 0;
  #waiters: readonly Waiter[] = [];

  constructor(parts: QuorumEvictionParts) {
    this.#parts = parts;
  }

  /** Checks what waits, at most every 5 s. True when a workload gives up its places: steps follow from that. */
  async look(requests: readonly PlacementRequest[]): Promise<boolean> {
    const { clock, ledger, logs } = this.#parts;
    const now = clock.now();
    if (now < this.#nextMs) return false;
    this.#nextMs = now + lookMs;
    const stateful = (workload: string) => {
      const spec = ledger.workload(workload)?.spec;
      const names = new Set(spec?.units.filter(({ stateful }) => stateful).map(({ name }) => name));
      return ledger.units(workload).filter(({ unit }) => names.has(unit));
    };
    this.#waiters = waitersOf(requests, stateful, this.#waiters, now);
    const found = yieldingWorkload(this.#waiters, now);
    if (found === undefined) return false;
    this.#nextMs = now + paceMs;
    const { workload, quorum } = found;
    const words = `it gives its place up: for ${patienceMs / 60_000} minutes no offer was enough for a quorum of its ${quorum.word} (${quorum.placed} of ${quorum.size}), which never ran, and others wait too; they are placed again together`;
    const changed = stateful(workload).flatMap((record) => {
      const after = withoutPlace(record, words, now);
      return after === record ? [] : [after];
    });
    await ledger.commitUnits(changed);
    for (const { unit } of changed) logs.line("warning", workload, words, { unit });
    return changed.length > 0;
  }
}

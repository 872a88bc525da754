// Masters that were placed together may come apart: one fails at its launch, its agent goes away, somebody else takes its
// room. A cluster with half of its quorum is of no use to anybody, and holds what others need: two such clusters could block
// each other for ever. So one that never had a quorum, and has waited for the rest of it for long, gives up the places that
// it has when others wait for theirs, with what is reserved for them; it is placed again as a whole. Where a quorum ever ran
// there may be data, and nothing is given up: bring agents back, or add some. Pure, and what carries it out.
import type { Clock } from "@cke/foundation";
import { type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { releaseAll } from "../../workload/reservations/reservation-changes.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import type { PlacementRequest, Quorum } from "../offer-fit/placement-request.ts";
import { isOfGang } from "./quorum.ts";

/** The rest of a quorum is waited for this long. */
export const patienceMs = 600_000;
/** Between two clusters that give up: the first one's room may be enough. */
const paceMs = 60_000;
/** Between two looks. */
const lookMs = 5_000;

/** A cluster that waits for offers for a quorum of its masters. */
export interface Waiter {
  readonly cluster: string;
  readonly quorum: Quorum;
  /** Since when it has waited with what it has, UNIX ms. */
  readonly sinceMs: number;
  /** Masters that ever had a container: without a quorum of them no etcd has ever agreed on anything. */
  readonly everRan: number;
}

/** The cluster that is to give up its places, oldest first among `waiters`; undefined for none. */
export function yieldingCluster(waiters: readonly Waiter[], now: number): Waiter | undefined {
  if (waiters.length < 2) return undefined;
  return waiters.findLast(
    ({ quorum, sinceMs, everRan }) => quorum.placed > 0 && everRan < quorum.size && now - sinceMs >= patienceMs,
  );
}

/**
 * From the needs of all clusters, oldest first. What has to wait for something else than offers does not count. `before`: as
 * they were at the last look.
 */
export function waitersOf(
  needs: readonly PlacementRequest[],
  mastersOf: (cluster: string) => readonly UnitRecord[],
  before: readonly Waiter[],
  now: number,
): readonly Waiter[] {
  const gangs = Map.groupBy(
    needs.filter((need) => isOfGang(need) && need.gate === undefined),
    ({ cluster }) => cluster,
  );
  return [...gangs].flatMap(([cluster, [first]]): Waiter[] => {
    if (first?.quorum === undefined) return [];
    const { quorum } = first;
    const known = before.find((waiter) => waiter.cluster === cluster && waiter.quorum.placed === quorum.placed);
    const everRan = mastersOf(cluster).filter(({ homeSinceMs }) => homeSinceMs > 0).length;
    return [{ cluster, quorum, sinceMs: known?.sinceMs ?? now, everRan }];
  });
}

/** The master without its place; the same record when it has none. Its launch ends first, where it has one. */
export function withoutPlace(record: UnitRecord, words: string, now: number): UnitRecord {
  const { launch } = record;
  if (launch !== undefined)
    return unitTaskOf(launch) === undefined ? record : { ...record, launch: { ...launch, evicted: words } };
  if (record.home === "" && record.reservations.length === 0) return record;
  return { ...record, home: "", reservations: releaseAll(record.reservations, now) };
}

export interface QuorumYieldParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly clock: Clock;
}

export class QuorumYield {
  readonly #parts: QuorumYieldParts;
  #nextMs = 0;
  #waiters: readonly Waiter[] = [];

  constructor(parts: QuorumYieldParts) {
    this.#parts = parts;
  }

  /** Looks at what waits; true when a cluster gives its places up: steps follow from that. */
  async look(needs: readonly PlacementRequest[]): Promise<boolean> {
    const { clock, ledger, logs } = this.#parts;
    const now = clock.now();
    if (now < this.#nextMs) return false;
    this.#nextMs = now + lookMs;
    const masters = (cluster: string) => {
      const spec = ledger.workload(cluster)?.spec;
      const names = new Set(spec?.units.filter(({ stateful }) => stateful).map(({ name }) => name));
      return ledger.units(cluster).filter(({ unit }) => names.has(unit));
    };
    this.#waiters = waitersOf(needs, masters, this.#waiters, now);
    const found = yieldingCluster(this.#waiters, now);
    if (found === undefined) return false;
    this.#nextMs = now + paceMs;
    const { cluster, quorum } = found;
    const words = `it gives its place up: for ${patienceMs / 60_000} minutes no offer was enough for a quorum of its cluster's masters (${quorum.placed} of ${quorum.size}), which never ran, and other clusters wait too; they are placed again together`;
    const changed = masters(cluster).flatMap((record) => {
      const after = withoutPlace(record, words, now);
      return after === record ? [] : [after];
    });
    await ledger.commitUnits(changed);
    for (const { unit } of changed) logs.line("warning", cluster, words, { node: unit });
    return changed.length > 0;
  }
}

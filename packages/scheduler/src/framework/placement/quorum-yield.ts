// When a workload that has a part of a quorum gives up its places for others. Pure. Stateful units that were placed
// together may be separated: one fails at its launch, its agent goes away, or another unit
// takes its place. A workload with half of its quorum cannot work, and holds what others need; two such workloads could
// block each other for ever. So a workload that never had a quorum and has waited long for the rest of it gives up its
// places and reservations when others wait for theirs, and is placed again as a whole. Where a quorum ever ran there
// may be data, and nothing is given up: an operator must bring agents back or add some.
import { type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { releaseAll } from "../../workload/reservations/reservation-changes.ts";
import type { PlacementRequest, Quorum } from "../offer-fit/placement-request.ts";
import { isOfGang } from "./quorum.ts";

/** The longest wait for the rest of a quorum. */
export const patienceMs = 600_000;

/** A workload that waits for offers for a quorum of its stateful units. */
export interface Waiter {
  readonly workload: string;
  readonly quorum: Quorum;
  /** Since when it has waited with the places that it has, UNIX ms. */
  readonly sinceMs: number;
  /**
   * Number of stateful units that ever ran. With less than a quorum of them nothing was ever agreed on.
   */
  readonly everRan: number;
}

/** The workload that must give up its places, the oldest first; undefined for none. */
export function yieldingWorkload(waiters: readonly Waiter[], now: number): Waiter | undefined {
  if (waiters.length < 2) return undefined;
  return waiters.findLast(
    ({ quorum, sinceMs, everRan }) => quorum.placed > 0 && everRan < quorum.size && now - sinceMs >= patienceMs,
  );
}

/**
 * From the requests of all workloads, oldest first. A workload that waits for something else than offers does not count.
 * `before`: the result of the last check.
 */
export function waitersOf(
  requests: readonly PlacementRequest[],
  statefulOf: (workload: string) => readonly UnitRecord[],
  before: readonly Waiter[],
  now: number,
): readonly Waiter[] {
  const gangs = Map.groupBy(
    requests.filter((request) => isOfGang(request) && request.prerequisite === undefined),
    ({ workload }) => workload,
  );
  return [...gangs].flatMap(([workload, [first]]): Waiter[] => {
    if (first?.quorum === undefined) return [];
    const { quorum } = first;
    const known = before.find((waiter) => waiter.workload === workload && waiter.quorum.placed === quorum.placed);
    const everRan = statefulOf(workload).filter(({ homeSinceMs }) => homeSinceMs > 0).length;
    return [{ workload, quorum, sinceMs: known?.sinceMs ?? now, everRan }];
  });
}

/** The stateful unit without its place; the same record when it has none. Its launch ends first. */
export function withoutPlace(record: UnitRecord, words: string, now: number): UnitRecord {
  const { launch } = record;
  if (launch !== undefined)
    return unitTaskOf(launch) === undefined ? record : { ...record, launch: { ...launch, evicted: words } };
  if (record.home === "" && record.reservations.length === 0) return record;
  return { ...record, home: "", reservations: releaseAll(record.reservations, now) };
}

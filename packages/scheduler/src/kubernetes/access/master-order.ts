// In which order a cluster's masters are asked. Pure.
import { processTaskOf, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";

/** What earlier connections have shown. */
export interface MasterMemory {
  /** The master that answered last. */
  readonly preferred: string | undefined;
  /** Masters that failed a moment ago. */
  readonly failed: ReadonlySet<string>;
}

/**
 * All masters, the most promising first: one whose API server is healthy before one that only runs, one that failed a moment
 * ago last, and of equals the one that answered last. Reports may be old, so no master is left out.
 */
export function mastersInOrder(
  { units }: Pick<ClusterSpec, "units">,
  records: readonly UnitRecord[],
  apiserverOf: (master: string) => string | undefined,
  { preferred, failed }: MasterMemory,
): readonly string[] {
  const launches = new Map(records.map(({ unit, launch }) => [unit, launch]));
  const rank = (master: string): number => {
    const launch = launches.get(master);
    const own = launch === undefined ? undefined : unitTaskOf(launch);
    const apiserver = processTaskOf(launch, apiserverOf(master) ?? "");
    const runs = own?.state === "TASK_RUNNING" && own.healthy;
    const serves = runs && (apiserver === undefined || (apiserver.state === "TASK_RUNNING" && apiserver.healthy));
    const promise = serves ? 0 : runs ? 2 : 4;
    return promise + (failed.has(master) ? 6 : 0) - (master === preferred ? 1 : 0);
  };
  const masters = units.filter(({ type }) => type === "master").map(({ name }) => name);
  return masters.toSorted((left, right) => rank(left) - rank(right));
}

// In which order a cluster's masters are asked. Pure.
import { processTaskOf, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { isToLeave } from "../../workload/records/removal-state.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";

/**
 * True for a master that is to leave, while another one stays, and for one that has left. Its API server answers nothing any more when its
 * etcd has left the others (docs/architecture.md), and its health is told later.
 */
export function isLeavingMaster({ spec, plans }: Pick<ClusterRecord, "spec" | "plans">, master: string): boolean {
  const masters = spec.units.filter(({ type }) => type === "master").map(({ name }) => name);
  if (!masters.includes(master)) return true;
  return isToLeave({ plans }, master) && masters.some((other) => !isToLeave({ plans }, other));
}

/** What earlier connections have shown. */
export interface MasterMemory {
  /** The master that answered last. */
  readonly preferred: string | undefined;
  /** Masters that failed a moment ago. */
  readonly failed: ReadonlySet<string>;
}

/**
 * All masters, the most promising first: one whose API server is healthy before one that only runs, one that failed a moment
 * ago after these, one that is to leave last, and of equals the one that answered last. Reports may be old, so no master is left out.
 */
export function mastersInOrder(
  cluster: Pick<ClusterRecord, "spec" | "plans">,
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
    const late = (failed.has(master) ? 6 : 0) + (isLeavingMaster(cluster, master) ? 12 : 0);
    return promise + late - (master === preferred ? 1 : 0);
  };
  const masters = cluster.spec.units.filter(({ type }) => type === "master").map(({ name }) => name);
  return masters.toSorted((left, right) => rank(left) - rank(right));
}

// What the change of a process changes in the record of its node. Pure.
import { retryNow } from "../../workload/plans/plan-control.ts";
import { isTerminal, type TaskRecord, type UnitRecord } from "../../workload/records/records.ts";
import { beyondAmount, type HeldAmount, isNoAmount, leastAmount } from "../../workload/records/resource-tasks.ts";
import type { StoredRendering } from "../rendering/stored-rendering.ts";

export interface RecordedChange {
  readonly process: string;
  /** Place of the process in the rendering. */
  readonly index: number;
  readonly before: Pick<StoredRendering, "configHash" | "processHashes">;
  readonly after: Pick<StoredRendering, "configHash" | "processHashes">;
  /** Other resources, and those before. */
  readonly res?: { readonly before: HeldAmount; readonly after: HeldAmount } | undefined;
  /** Set for a restart that the executor cannot make in the process's own task: why the process gets another one. */
  readonly replaced?: string | undefined;
  readonly now: number;
}

/**
 * The record after the change: what ran as it was rendered runs as it is rendered now, as soon as its executor follows; what has
 * ended is tried at once. Lower limits count from now on, higher ones when Mesos accounts for them.
 */
export function changedRecord(record: UnitRecord, change: RecordedChange): UnitRecord {
  const { process, index, before, after, now } = change;
  const { launch } = record;
  if (launch === undefined) return record;
  const next = (present: string, old: string, hash: string) => (present === old ? hash : present);
  const tasks = launch.tasks.map((task) => {
    if (task.process === "") return { ...task, configHash: next(task.configHash, before.configHash, after.configHash) };
    if (task.process !== process || isTerminal(task)) return task;
    const hash = next(task.configHash, before.processHashes[index] ?? "", after.processHashes[index] ?? "");
    const replaced = change.replaced ?? task.replaced;
    return withResources({ ...task, configHash: hash, ...(replaced === undefined ? {} : { replaced }) }, change);
  });
  const configHash = next(launch.configHash, before.configHash, after.configHash);
  return retryNow({ ...record, launch: { ...launch, configHash, tasks } }, process, now);
}

function withResources(task: TaskRecord, { res, now }: RecordedChange): TaskRecord {
  if (res === undefined) return task;
  const { before, after } = res;
  const lowered = isNoAmount(beyondAmount(before, after)) ? {} : { loweredAtMs: now };
  return { ...task, holds: task.holds ?? before, granted: leastAmount(task.granted ?? before, after), ...lowered };
}

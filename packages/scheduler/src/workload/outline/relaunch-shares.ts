// What a process that ended alone is launched again with, where tasks that hold resources of it may still live. Pure.
import type { LaunchRecord, TaskRecord } from "../records/records.ts";
import { isTerminal } from "../records/records.ts";
import {
  addAmounts,
  beyondAmount,
  followedBy,
  freeResourceTask,
  type HeldAmount,
  isNoAmount,
  mostAmount,
  resourceTasksOf,
} from "../records/resource-tasks.ts";
import { baseShare, type TaskShare } from "./task-shares.ts";

export interface RelaunchShares {
  /** Of the process's own task. */
  readonly own: HeldAmount;
  /** A further task for what neither holds; undefined when it needs none. */
  readonly beside?: { readonly name: string; readonly amount: HeldAmount } | undefined;
}

/**
 * `old`: its task that has ended. `share`: all that it needs. What is held beside it stays. An executor that has not told which
 * version of the process it follows may know no such tasks: then its own task takes what is missing.
 */
export function relaunchShares(launch: LaunchRecord, old: TaskRecord, share: TaskShare): RelaunchShares {
  if (launch.pod === true) return { own: share };
  const live = resourceTasksOf(launch, old.process).filter((task) => !isTerminal(task));
  const held = addAmounts(live.flatMap(({ holds }) => holds ?? []));
  const base = baseShare(share);
  if (followedBy(old).version === "") return { own: mostAmount(base, beyondAmount(share, held)) };
  const missing = beyondAmount(beyondAmount(share, base), held);
  return isNoAmount(missing)
    ? { own: base }
    : { own: base, beside: { name: freeResourceTask(launch, old.process), amount: missing } };
}

// The launches of a unit: the present one, and those that it superseded while their agents were out of reach. Pure.
import { isTerminal, type LaunchRecord, type TaskRecord, type UnitRecord, unitTaskOf } from "./records.ts";
import type { HeldAmount } from "./resource-tasks.ts";

/** All launches whose tasks may still run, the present one first. */
export function launchesOf(record: UnitRecord): readonly LaunchRecord[] {
  return record.launch === undefined ? record.superseded : [record.launch, ...record.superseded];
}

/** A task and its launch, if the unit's record has them. */
export function findTask(
  record: UnitRecord,
  taskId: string,
): { readonly launch: LaunchRecord; readonly task: TaskRecord } | undefined {
  for (const launch of launchesOf(record)) {
    const task = launch.tasks.find((candidate) => candidate.taskId === taskId);
    if (task !== undefined) return { launch, task };
  }
  return undefined;
}

/** The record with the new state of a task. Its id says which task it is. */
export function withTask(record: UnitRecord, task: TaskRecord): UnitRecord {
  const update = (launch: LaunchRecord): LaunchRecord =>
    launch.tasks.some(({ taskId }) => taskId === task.taskId)
      ? { ...launch, tasks: launch.tasks.map((old) => (old.taskId === task.taskId ? task : old)) }
      : launch;
  const { launch } = record;
  return {
    ...record,
    ...(launch === undefined ? {} : { launch: update(launch) }),
    superseded: record.superseded.map(update),
  };
}

/** True while the unit may run on this agent although the agent is out of reach. */
function isAway(launch: LaunchRecord): boolean {
  return unitTaskOf(launch)?.state === "TASK_UNREACHABLE";
}

/** True when the unit may get a new incarnation. */
export function mayBeLaunched(record: UnitRecord): boolean {
  return record.launch === undefined || isAway(record.launch);
}

/**
 * The record with a launch that is about to be made, or with a changed one of the same incarnation. A launch whose
 * agent is out of reach is superseded by a new incarnation. It stays in the record, to be killed when its agent comes
 * back.
 */
export function withLaunch(record: UnitRecord, launch: LaunchRecord): UnitRecord {
  const old = record.launch;
  if (old === undefined || old.incarnation === launch.incarnation) return { ...record, launch };
  const live = old.tasks.some((task) => !isTerminal(task));
  return { ...record, launch, superseded: live ? [...record.superseded, old] : record.superseded };
}

/** The record in which the process of the present launch may have these limits. */
export function withGranted(record: UnitRecord, process: string, granted: HeldAmount): UnitRecord {
  const { launch } = record;
  if (launch === undefined) return record;
  const tasks = launch.tasks.map((task) => (task.process === process ? { ...task, granted } : task));
  return { ...record, launch: { ...launch, tasks } };
}

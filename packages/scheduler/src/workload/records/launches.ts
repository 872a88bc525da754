// The launches of a node: the present one, and those that it superseded while their agents were out of reach. Pure.
import { isTerminal, type LaunchRecord, type TaskRecord, type UnitRecord, unitTaskOf } from "./records.ts";

/** All launches whose tasks may still live: the present one first. */
export function launchesOf(record: UnitRecord): readonly LaunchRecord[] {
  return record.launch === undefined ? record.superseded : [record.launch, ...record.superseded];
}

/** The task and the launch that it is of, if the node knows it. */
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

/** The record with a task as it is now; tasks are told apart by their ids. */
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

/** True while the node may run on this agent although it cannot be reached there. */
function isAway(launch: LaunchRecord): boolean {
  return unitTaskOf(launch)?.state === "TASK_UNREACHABLE";
}

/** True when a new incarnation may take the place of what the record says now. */
export function mayBeLaunched(record: UnitRecord): boolean {
  return record.launch === undefined || isAway(record.launch);
}

/**
 * The record with a launch that is about to be made, or with a changed one of the same incarnation. One whose agent is out
 * of reach is superseded by another incarnation: it is remembered, to be killed when its agent comes back.
 */
export function withLaunch(record: UnitRecord, launch: LaunchRecord): UnitRecord {
  const old = record.launch;
  if (old === undefined || old.incarnation === launch.incarnation) return { ...record, launch };
  const live = old.tasks.some((task) => !isTerminal(task));
  return { ...record, launch, superseded: live ? [...record.superseded, old] : record.superseded };
}

// The kills that end a launch: first its unit's task, with which everything ends, then what is left, one by one. A task
// out of reach gets no KILL, because Mesos would only answer "unknown" or "unreachable". Only a removal takes the
// unit's data, because whatever else is killed is launched again and needs it. Pure.

import { isOutOfReach, isTerminal, type LaunchRecord, type TaskRecord } from "../records/records.ts";
import type { Step, StepContext } from "./step.ts";

/**
 * A task that no Mesos master has known for this long counts as ended. If it comes back it is killed as an unknown
 * task. Not so for a unit that is tied to its host: it waits for its agent or for an operator.
 */
export const unknownGraceMs = 120_000;
/** After this time the unit's processes are killed one by one beside the unit's task. */
const unitKillGraceMs = 15_000;

/** True when no update of the task is expected any more, or when it does not matter. */
export function isOver(task: TaskRecord, { now, tied, deleting }: StepContext): boolean {
  if (isTerminal(task)) return true;
  if (!isOutOfReach(task) || now - task.changedAtMs < unknownGraceMs) return false;
  // A removal does not wait for an agent that may never come back. If it does, its tasks are unknown and are killed.
  return deleting || (task.state === "TASK_UNKNOWN" && !tied);
}

/** `stop`: the data stays for the next launch. `removal`: the unit goes from this host for good, with its data. */
export type KillPurpose = "stop" | "removal";

const kill = (task: TaskRecord, launch: LaunchRecord, purpose: KillPurpose, explanation: string): Step => ({
  kind: "kill-task",
  taskId: task.taskId,
  agentId: launch.agentId,
  executorId: launch.executorId,
  // Only the unit's own task stands for its data.
  removal: purpose === "removal" && task.process === "",
  explanation,
});

/** Kills for tasks that can be reached, a wait for the others; [] when every task is over. */
export function killSteps(
  launch: LaunchRecord,
  context: StepContext,
  purpose: KillPurpose,
  why: string,
): readonly Step[] {
  const live = launch.tasks.filter((task) => !isOver(task, context));
  const reached = live.filter((task) => !isOutOfReach(task));
  if (reached.length === 0 && live.length > 0) {
    const skip = context.deleting ? `; it is waited for ${unknownGraceMs / 1000} s, or until plan/skip` : "";
    const explanation = `${why}, but agent ${launch.hostname} is out of reach: its tasks are killed when it returns${skip}`;
    return [{ kind: "wait", explanation }];
  }
  const unitTask = reached.find(({ process }) => process === "");
  const since = unitTask === undefined ? undefined : context.killingSince(unitTask.taskId);
  // Processes end with the unit's task. They are killed beside it only when it does not end in time.
  const patient = since === undefined || context.now - since < unitKillGraceMs;
  if (unitTask !== undefined && patient) return [kill(unitTask, launch, purpose, why)];
  return reached.map((task) => kill(task, launch, purpose, why));
}

// How a launch is ended: its node's task first, which takes everything with it, then what is left one by one. What cannot
// be reached is not called: a KILL for it is answered "unknown" or "unreachable" again and again. Only a removal takes the
// node's data; whatever else is killed is launched again and wants to find it. Pure.

import { isOutOfReach, isTerminal, type LaunchRecord, type TaskRecord } from "../records/records.ts";
import type { Step, StepContext } from "./step.ts";

/**
 * A task that no master knows for this long has ended for us; should it come back, it is killed as an unknown task. So not for a
 * master node, whose volumes are the cluster: it waits for its agent or for an operator.
 */
export const unknownGraceMs = 120_000;
/** After this the node's processes are killed one by one beside the node's task. */
const nodeKillGraceMs = 15_000;

/** True when nothing of the task can be expected any more, or nothing of it is wanted. */
export function isOver(task: TaskRecord, { now, stateful, deleting }: StepContext): boolean {
  if (isTerminal(task)) return true;
  if (!isOutOfReach(task) || now - task.changedAtMs < unknownGraceMs) return false;
  // What is to go anyway does not wait for an agent that may never return: should it return, its tasks are unknown and killed.
  return deleting || (task.state === "TASK_UNKNOWN" && !stateful);
}

/** `stop`: its data stays for the next launch. `removal`: the node goes from this host for good, with its data. */
export type KillPurpose = "stop" | "removal";

const kill = (task: TaskRecord, launch: LaunchRecord, purpose: KillPurpose, explanation: string): Step => ({
  kind: "kill-task",
  taskId: task.taskId,
  agentId: launch.agentId,
  executorId: launch.executorId,
  // The node's task alone stands for its data.
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
  const node = reached.find(({ process }) => process === "");
  const since = node === undefined ? undefined : context.killingSince(node.taskId);
  // The node's end is its processes' end: they are killed beside it only when that does not come.
  const patient = since === undefined || context.now - since < nodeKillGraceMs;
  if (node !== undefined && patient) return [kill(node, launch, purpose, why)];
  return reached.map((task) => kill(task, launch, purpose, why));
}

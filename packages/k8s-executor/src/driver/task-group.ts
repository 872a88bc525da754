// A pod: a node and all of its processes as one Mesos task group. Pure.
import type { LaunchedTask } from "@cke/executor-core";
import { messageOf } from "@cke/foundation";
import { type KubeNodeTask, type ProcessSpec, TaskData } from "@cke/protocol";
import { type WantedProcess, wantedProcess } from "../processes/wanted-process.ts";

export type ReadTask =
  | { readonly kind: "node"; readonly id: string; readonly task: KubeNodeTask }
  | { readonly kind: "process"; readonly id: string; readonly wanted: WantedProcess }
  /** Runs nothing: it holds resources of a process in Mesos. */
  | { readonly kind: "resources"; readonly id: string }
  /** What is wrong with it, in words. */
  | { readonly kind: "unreadable"; readonly id: string; readonly problem: string };

/** What TaskInfo.data asks for. */
export function readTask({ id, data }: LaunchedTask): ReadTask {
  let task: TaskData["task"];
  try {
    task = TaskData.decode(data).task;
  } catch (error) {
    return { kind: "unreadable", id, problem: `TaskInfo.data is not readable: ${messageOf(error)}` };
  }
  if (task?.kind === "kubeNode") return { kind: "node", id, task: task.value };
  if (task?.kind === "resources") return { kind: "resources", id };
  const wanted = task?.kind === "process" ? wantedProcess(task.value) : undefined;
  if (wanted !== undefined) return { kind: "process", id, wanted };
  const problem = "TaskInfo.data holds neither a node nor a process: scheduler and executor are of different versions";
  return { kind: "unreadable", id, problem };
}

/** Why the tasks are no pod; undefined when they are one. */
export function podProblem(tasks: readonly ReadTask[]): string | undefined {
  for (const task of tasks) if (task.kind === "unreadable") return `task ${task.id}: ${task.problem}`;
  const nodes = tasks.filter(({ kind }) => kind === "node").length;
  return nodes === 1 ? undefined : `a pod is one node with its processes, and this one has ${nodes} nodes`;
}

/** True for a process that may end with success while its pod goes on. */
export function mayFinish({ oneShot, restart }: ProcessSpec): boolean {
  return oneShot || restart?.mode === "never";
}

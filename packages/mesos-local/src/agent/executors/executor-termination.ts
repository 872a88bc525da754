// The end of a run: updates for its tasks, FAILURE for the framework and then, once every update is acknowledged, the end of
// its checkpoints and at last of its framework's. All methods run on the agent's queue.
import type { TaskStatus } from "@cke/mesos";
import type { AgentContext } from "../state/agent-context.ts";
import {
  type AgentFramework,
  type AgentTask,
  type Ending,
  type ExecutorRun,
  isEnded,
  taskState,
} from "../state/agent-state.ts";
import { agentStatus, executorTerminated } from "../state/task-status.ts";

/** The run's process is gone (or never came): FAILURE first, then an update for every task that was not ended. */
export async function endRun(context: AgentContext, run: ExecutorRun, waitStatus: number | undefined): Promise<void> {
  if (run.state === "terminated") return;
  const { logger, state, metrics } = context;
  const { framework: frameworkId, executor, container } = run.key;
  run.state = "terminated";
  run.waitStatus = waitStatus;
  run.cancelTimer();
  run.stream?.close();
  metrics.executorsTerminated += 1;
  logger.info("executor ended", { framework: frameworkId, executor, container, waitStatus });
  const framework = state.framework(frameworkId);
  if (framework === undefined || framework.removed) {
    for (const task of [...run.tasks.values()]) run.complete(task);
  } else {
    // Without a master, a run with open updates is reported at the next REGISTERED.
    if (context.registered() || run.tasks.size === 0) announceExit(context, run);
    for (const task of run.tasks.values())
      if (!isEnded(task)) await endTask(context, run, task, run.ending ?? executorTerminated);
  }
  await retireRun(context, run);
}

/** FAILURE for the framework. The end of a command executor is not reported. */
export function announceExit(context: AgentContext, run: ExecutorRun): void {
  if (run.kind === "command") return;
  context.send({
    type: "EXECUTOR_EXITED",
    framework_id: { value: run.key.framework },
    executor_id: { value: run.key.executor },
    ...(run.waitStatus === undefined ? {} : { status: run.waitStatus }),
  });
}

/** Ends a task in the agent's own name. */
export async function endTask(context: AgentContext, run: ExecutorRun, task: AgentTask, ending: Ending): Promise<void> {
  const { state, clock, updates } = context;
  const status = agentStatus({
    taskId: task.info.task_id.value,
    agentId: state.agentId ?? "",
    executorId: run.key.executor,
    ending,
    now: clock.now(),
  });
  if (await updates.submit(run.key.framework, status)) rememberStatus(context, task, status);
}

/** Keeps one status per state. */
export function rememberStatus(context: AgentContext, task: AgentTask, status: TaskStatus): void {
  if (taskState(task) === status.state) task.statuses.pop();
  else context.metrics.countState(status.state);
  task.statuses.push(status);
}

/** Forgets a run that has ended and whose updates are all acknowledged. */
export async function retireRun(context: AgentContext, run: ExecutorRun): Promise<void> {
  if (run.state !== "terminated" || run.tasks.size > 0) return;
  const framework = context.state.framework(run.key.framework);
  if (framework === undefined) return;
  context.state.completeRun(framework, run);
  await context.checkpoint.removeRun(run.key);
  await context.collector.markEnded(run.sandbox);
  if (framework.runs.size === 0) await retireFramework(context, framework);
}

export async function retireFramework(context: AgentContext, framework: AgentFramework): Promise<void> {
  if (framework.removed) context.updates.drop(framework.id);
  context.state.completeFramework(framework);
  await context.checkpoint.removeFramework(framework.id);
}

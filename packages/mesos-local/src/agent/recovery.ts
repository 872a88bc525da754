// Recovery after a restart: runs, tasks and updates are read back. Live executors get time to subscribe again; dead ones and
// those of frameworks without checkpointing are ended. Facts: recordings agent-restart and executor-edge.
import { messageOf } from "@cke/foundation";
import { formatDuration } from "../wire/duration.ts";
import type { RecoveredRun, RecoveredTask } from "./checkpoint/checkpoint.ts";
import { killContained, readStatusFile, watchContained } from "./containerizer/contained-process.ts";
import { isAlive } from "./containerizer/process-table.ts";
import { endTask, retireFramework, retireRun } from "./executors/executor-termination.ts";
import { type Executors, notRegistered } from "./executors/executors.ts";
import type { AgentContext } from "./state/agent-context.ts";
import { type AgentFramework, type Ending, ExecutorRun, isEnded } from "./state/agent-state.ts";
import { droppedState, goneState } from "./state/task-status.ts";

const pollMs = 20;

/** Reads the checkpoints and ends what cannot go on. Runs on the agent's queue. */
export async function recover(context: AgentContext, executors: Executors): Promise<void> {
  const { checkpoint, state, logger } = context;
  const began = context.clock.monotonic();
  for (const { id, info, runs } of await checkpoint.loadFrameworks()) {
    const framework = state.addFramework(id, info);
    for (const recovered of runs) {
      try {
        await recoverRun(context, executors, framework, recovered);
      } catch (error) {
        context.metrics.recoveryErrors += 1;
        logger.error("a run was not recovered", { executor: recovered.key.executor, problem: messageOf(error) });
      }
    }
    if (framework.runs.size === 0) await retireFramework(context, framework);
  }
  context.metrics.recoverySeconds = (context.clock.monotonic() - began) / 1000;
}

async function recoverRun(
  context: AgentContext,
  executors: Executors,
  framework: AgentFramework,
  { key, record, tasks }: RecoveredRun,
): Promise<void> {
  const run = new ExecutorRun(key, record);
  run.subscribed = record.subscribed;
  run.served = record.served;
  if (!record.checkpoint) {
    if (record.process !== undefined) await killContained(record.process);
    for (const { record: task } of tasks) if (task.process !== undefined) await killContained(task.process);
    framework.completedRuns.push(run);
    await context.checkpoint.removeRun(key);
    await context.collector.markEnded(record.sandbox);
    return;
  }
  framework.runs.set(key.executor, run);
  for (const task of tasks) await recoverTask(context, run, task);
  if (record.kind === "custom") await recoverExecutor(context, executors, framework, run, record.process);
  else await recoverCommands(context, executors, framework, run, tasks);
  await retireRun(context, run);
}

async function recoverTask(context: AgentContext, run: ExecutorRun, { record, updates }: RecoveredTask): Promise<void> {
  const taskId = record.task.task_id.value;
  const task = run.addTask(record.task, record.group);
  task.containerId = record.container_id;
  task.delivered = run.subscribed;
  for (const line of updates) {
    if (!("update" in line)) continue;
    if (task.statuses.at(-1)?.state === line.update.state) task.statuses.pop();
    task.statuses.push(line.update);
  }
  context.updates.restore(run.key.framework, taskId, updates);
  if (isEnded(task) && context.updates.pending(run.key.framework, taskId).length === 0) {
    run.complete(task);
    await context.checkpoint.removeTask(run.key, taskId);
  }
}

type SavedProcess = RecoveredRun["record"]["process"];

async function recoverExecutor(
  context: AgentContext,
  executors: Executors,
  framework: AgentFramework,
  run: ExecutorRun,
  process: SavedProcess,
): Promise<void> {
  const { settings, checkpoint } = context;
  if (process === undefined) {
    // Never started: the process waits for its pid to be durable and ends without the agent.
    run.ending = notStarted(framework);
    await executors.ended(run, undefined);
    return;
  }
  if (!(await isAlive(process))) {
    // It may have ended in the middle of being killed, before those whom it had started.
    await killContained(process);
    await executors.ended(run, await readStatusFile(checkpoint.statusFile(run.key)));
    return;
  }
  run.process = watchContained(process, checkpoint.statusFile(run.key), context);
  executors.watch(run);
  if (!run.subscribed) {
    // A real agent keeps no tasks that it has not handed over: they are dropped, and the executor is shut down as soon as
    // it subscribes, or killed when it does not.
    for (const task of run.tasks.values()) if (!isEnded(task)) await endTask(context, run, task, notStarted(framework));
    executors.awaitSubscription(run, settings.executorReregistrationTimeoutMs, notRegistered);
    return;
  }
  run.state = "running";
  executors.awaitSubscription(run, settings.executorReregistrationTimeoutMs, (timeoutMs) => ({
    state: goneState(framework.info),
    reason: "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
    message: `Executor did not reregister within ${formatDuration(timeoutMs)}`,
  }));
}

/** Tasks that the agent ran itself go on; a group that was not started as a whole ends as a whole. */
async function recoverCommands(
  context: AgentContext,
  executors: Executors,
  framework: AgentFramework,
  run: ExecutorRun,
  recovered: readonly RecoveredTask[],
): Promise<void> {
  const open = recovered.flatMap(({ record }) => {
    const task = run.tasks.get(record.task.task_id.value);
    return task === undefined || isEnded(task) ? [] : [{ task, process: record.process }];
  });
  const groups = [...Map.groupBy(open, ({ task }) => task.group ?? task.info.task_id.value).values()];
  const started = groups.filter((tasks) => tasks.every(({ process }) => process !== undefined)).flat();
  for (const { task, process } of open) {
    if (started.some((other) => other.task === task)) continue;
    if (process !== undefined) await killContained(process);
    if (started.length > 0) await endTask(context, run, task, notStarted(framework));
  }
  if (started.length === 0) {
    run.ending = notStarted(framework);
    await executors.ended(run, undefined);
    return;
  }
  run.state = "running";
  for (const { task, process } of started) if (process !== undefined) await executors.runner.adopt(run, task, process);
}

const notStarted = (framework: AgentFramework): Ending => ({
  state: droppedState(framework.info),
  reason: "REASON_AGENT_RESTARTED",
  message: "Agent restarted before the executor was started",
});

/** Resolves when every recovered executor has subscribed again or is over: only then does the agent register. */
export async function executorsBack(context: AgentContext, signal: AbortSignal): Promise<void> {
  const waiting = () =>
    context.state.runs().some((run) => run.kind === "custom" && run.state !== "terminated" && run.stream === undefined);
  while (waiting() && !signal.aborted) await context.clock.sleep(pollMs, signal).catch(() => {});
}

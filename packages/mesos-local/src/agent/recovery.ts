// Taking over after a restart: runs, tasks and updates are read back, live executors are waited for, dead ones and those
// of frameworks without checkpointing are ended. Facts: recordings agent-restart and executor-edge.
import { messageOf } from "@cke/foundation";
import type { AgentContext } from "./agent-context.ts";
import { type AgentFramework, type Ending, ExecutorRun, isEnded } from "./agent-state.ts";
import type { RecoveredRun, RecoveredTask } from "./checkpoint.ts";
import { killContained, readStatusFile, watchContained } from "./contained-process.ts";
import { formatDuration } from "./duration.ts";
import { type Executors, notRegistered } from "./executors.ts";
import { isAlive } from "./process-table.ts";
import { retireFramework, retireRun } from "./run-ending.ts";
import { droppedState, goneState } from "./task-status.ts";

const pollMs = 20;

/** Reads everything back and ends what cannot go on. Runs inside the mailbox. */
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
  else await recoverCommands(executors, framework, run, tasks);
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
    await executors.ended(run, await readStatusFile(checkpoint.statusFile(run.key)));
    return;
  }
  run.process = watchContained(process, checkpoint.statusFile(run.key), context);
  executors.watch(run);
  if (!run.subscribed) {
    executors.awaitSubscription(run, settings.executorRegistrationTimeoutMs, notRegistered);
    return;
  }
  run.state = "running";
  executors.awaitSubscription(run, settings.executorReregistrationTimeoutMs, (timeoutMs) => ({
    state: goneState(framework.info),
    reason: "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
    message: `Executor did not reregister within ${formatDuration(timeoutMs)}`,
  }));
}

async function recoverCommands(
  executors: Executors,
  framework: AgentFramework,
  run: ExecutorRun,
  recovered: readonly RecoveredTask[],
): Promise<void> {
  const open = recovered.filter(({ record }) => {
    const task = run.tasks.get(record.task.task_id.value);
    return task !== undefined && !isEnded(task);
  });
  if (open.length === 0 || open.some(({ record }) => record.process === undefined)) {
    for (const { record } of open) if (record.process !== undefined) await killContained(record.process);
    run.ending = notStarted(framework);
    await executors.ended(run, undefined);
    return;
  }
  run.state = "running";
  for (const { record } of open) {
    const task = run.tasks.get(record.task.task_id.value);
    if (task === undefined || record.process === undefined) continue;
    await executors.runner.adopt(run, task, record.process);
  }
}

const notStarted = (framework: AgentFramework): Ending => ({
  state: droppedState(framework.info),
  reason: "REASON_AGENT_RESTARTED",
  message: "Agent restarted before the executor was started",
});

/** Resolves when every recovered executor has subscribed again or is over: only then does the agent register. */
export async function executorsBack(context: AgentContext, signal: AbortSignal): Promise<void> {
  const waiting = () =>
    context.state
      .runs()
      .some((run) => run.kind === "custom" && run.subscribed && run.state !== "terminated" && run.stream === undefined);
  while (waiting() && !signal.aborted) await context.clock.sleep(pollMs, signal).catch(() => {});
}

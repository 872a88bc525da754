// Executor runs from their launch to their end: subscription, updates, shutdown, kill. All methods run on the agent's queue; what
// takes long (fetching) runs outside and comes back through it.
import { messageOf } from "@cke/foundation";
import type { ExecutorCallOf, ExecutorUpdate, TaskStatus } from "@cke/mesos";
import { durationMs, formatDuration } from "../../wire/duration.ts";
import { killContained } from "../containerizer/contained-process.ts";
import type { AgentContext, RunOwner } from "../state/agent-context.ts";
import { type Ending, type ExecutorRun, hasPurpose, isEnded, taskState } from "../state/agent-state.ts";
import type { ExecutorStream } from "../state/executor-stream.ts";
import { droppedState, enrichStatus } from "../state/task-status.ts";
import { CommandTaskRunner } from "./command-task-runner.ts";
import { ContainerUnsupported, unknownStatus } from "./container-support.ts";
import { startExecutor } from "./executor-launch.ts";
import { endRun, endTask, rememberStatus } from "./executor-termination.ts";

const killedStatus = 9;
/** What mesos-agent reports for a container that could not be launched. */
const launchFailedStatus = 256;

export class Executors implements RunOwner {
  readonly #context: AgentContext;
  /** Runs the tasks of runs without an executor process. */
  readonly runner: CommandTaskRunner;
  readonly #launches = new Set<Promise<void>>();

  constructor(context: AgentContext) {
    this.#context = context;
    this.runner = new CommandTaskRunner(context, this);
  }

  /** Fetches and starts in the background; the registration timeout counts from here. */
  launch(run: ExecutorRun): void {
    const { settings, queue } = this.#context;
    if (run.kind === "custom") this.awaitSubscription(run, settings.executorRegistrationTimeoutMs, notRegistered);
    const launch = startExecutor(this.#context, run, () => this.deliver(run)).then(
      () => this.watch(run),
      (error: unknown) => queue.post(() => this.#launchFailed(run, error)),
    );
    this.#launches.add(launch);
    void launch.finally(() => this.#launches.delete(launch));
  }

  /** Waits for the end of the run's own process. What ends after this agent is found out by the next one. */
  watch(run: ExecutorRun): void {
    if (run.kind !== "custom") return;
    const { queue, stopping } = this.#context;
    void run.process?.exited.then((status) => {
      if (!stopping.aborted) queue.post(() => this.ended(run, status));
    });
  }

  /** Kills the run unless its executor subscribes in time. */
  awaitSubscription(run: ExecutorRun, timeoutMs: number, ending: (timeoutMs: number) => Ending): void {
    this.#after(run, timeoutMs, async () => {
      if (run.stream === undefined && run.state !== "terminating") await this.kill(run, ending(timeoutMs));
    });
  }

  /** Resolves when no launch is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#launches);
  }

  async subscribe(run: ExecutorRun, call: ExecutorCallOf<"SUBSCRIBE">, stream: ExecutorStream): Promise<void> {
    const framework = this.#context.state.framework(run.key.framework);
    stream.open(this.#context.clock.now());
    if (framework === undefined || framework.removed || run.state === "terminating" || run.state === "terminated") {
      stream.send({ type: "SHUTDOWN" });
      stream.close();
      return;
    }
    run.cancelTimer();
    run.stream?.close();
    run.stream = stream;
    stream.onClose(() => {
      if (run.stream === stream) run.stream = undefined;
    });
    const first = !run.subscribed;
    run.state = "running";
    if (first) {
      run.subscribed = true;
      await this.#context.checkpoint.saveRun(run.key, run.record());
    } else {
      await this.#dropUndelivered(run, call);
    }
    const updates = call.subscribe.unacknowledged_updates ?? [];
    if (!hasPurpose(run) && updates.length === 0) {
      // As in mesos-agent (MESOS-8411): all its tasks ended before it got one, and it may not end by itself.
      this.#context.logger.info("an executor without a task is shut down", { executor: run.key.executor });
      await this.shutdown(run);
      return;
    }
    stream.send({
      type: "SUBSCRIBED",
      subscribed: {
        executor_info: run.info,
        framework_info: framework.info,
        agent_info: this.#context.agentInfo(),
        container_id: { value: run.key.container },
      },
    });
    for (const update of updates) await this.update(run, update);
    await this.deliver(run);
  }

  /** Hands over every task that the executor does not have yet; a group as one. */
  async deliver(run: ExecutorRun): Promise<void> {
    if (run.state !== "running") return;
    const waiting = [...run.tasks.values()].filter((task) => !task.delivered && !isEnded(task));
    if (run.kind !== "custom") {
      for (const task of waiting) task.delivered = true;
      for (const task of waiting) await this.runner.launch(run, task);
      return;
    }
    if (run.stream === undefined || run.stream.closed) return;
    const groups = new Set<string>();
    for (const task of waiting) {
      task.delivered = true;
      const { group } = task;
      if (group === undefined) {
        run.stream.send({ type: "LAUNCH", launch: { task: task.info } });
      } else if (!groups.has(group)) {
        groups.add(group);
        const tasks = waiting.filter((other) => other.group === group).map((other) => other.info);
        run.stream.send({ type: "LAUNCH_GROUP", launch_group: { task_group: { tasks } } });
      }
    }
  }

  /** An UPDATE of the executor: stored, forwarded, and then acknowledged to the executor. */
  async update(run: ExecutorRun, { status }: ExecutorUpdate): Promise<void> {
    const framework = this.#context.state.framework(run.key.framework);
    if (framework === undefined || framework.removed) return;
    const taskId = status.task_id.value;
    const completed = run.completed.some(({ info }) => info.task_id.value === taskId);
    const known = completed || run.tasks.has(taskId);
    if (known && !run.served) {
      run.served = true;
      await this.#context.checkpoint.saveRun(run.key, run.record());
    }
    if (!completed) await this.report(run, status);
    if (!known || status.uuid === undefined) return;
    run.stream?.send({ type: "ACKNOWLEDGED", acknowledged: { task_id: status.task_id, uuid: status.uuid } });
  }

  async report(run: ExecutorRun, status: TaskStatus): Promise<void> {
    const { state, settings, clock, updates, metrics } = this.#context;
    const task = run.tasks.get(status.task_id.value);
    const base = { status, run, agentId: state.agentId ?? "", ip: settings.ip, now: clock.now() };
    const enriched = enrichStatus({ ...base, known: task !== undefined });
    if (!(await updates.submit(run.key.framework, enriched))) return;
    metrics.validUpdates += 1;
    if (task !== undefined) rememberStatus(this.#context, task, enriched);
  }

  message(run: ExecutorRun, data: string): void {
    const { framework, executor } = run.key;
    if (this.#context.state.framework(framework)?.removed !== false) return;
    this.#context.metrics.validMessages += 1;
    this.#context.send({
      type: "FRAMEWORK_MESSAGE",
      framework_id: { value: framework },
      executor_id: { value: executor },
      data,
    });
  }

  /** Asks the executor to end; kills it after the grace period. */
  async shutdown(run: ExecutorRun): Promise<void> {
    if (run.state === "terminating" || run.state === "terminated") return;
    if (run.kind !== "custom" && run.state === "running") {
      await this.runner.shutdown(run);
      return;
    }
    if (run.process === undefined) {
      await this.kill(run);
      return;
    }
    run.state = "terminating";
    run.stream?.send({ type: "SHUTDOWN" });
    const { executorShutdownGracePeriodMs } = this.#context.settings;
    const graceMs = durationMs(run.info.shutdown_grace_period) ?? executorShutdownGracePeriodMs;
    this.#after(run, graceMs, () => this.kill(run));
  }

  /** Ends a run at once; `ending` becomes the status of its tasks. */
  async kill(run: ExecutorRun, ending?: Ending): Promise<void> {
    if (run.state === "terminated") return;
    run.state = "terminating";
    run.ending ??= ending;
    run.launching.abort();
    const processes = [run.process, ...[...run.tasks.values()].map((task) => task.process)];
    for (const process of processes) if (process !== undefined) await killContained(process.identity);
  }

  async ended(run: ExecutorRun, waitStatus: number | undefined): Promise<void> {
    // A process that this agent killed without being its parent leaves no status of its own.
    const status = waitStatus ?? (run.state === "terminating" ? killedStatus : undefined);
    await endRun(this.#context, run, status);
  }

  async #launchFailed(run: ExecutorRun, error: unknown): Promise<void> {
    if (run.state === "terminating") {
      await this.ended(run, killedStatus);
      return;
    }
    const message = `Failed to launch container: ${messageOf(error)}`;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : undefined;
    this.#context.metrics.launchErrors += 1;
    this.#context.logger.warning("executor not launched", { executor: run.key.executor, problem: message, cause });
    const unsupported = error instanceof ContainerUnsupported ? error.ending : undefined;
    run.ending = unsupported ?? { state: "TASK_FAILED", reason: "REASON_CONTAINER_LAUNCH_FAILED", message };
    await this.ended(run, unsupported === undefined ? launchFailedStatus : unknownStatus);
  }

  /** Tasks that an earlier agent process may or may not have delivered, and that the executor does not know. */
  async #dropUndelivered(run: ExecutorRun, { subscribe }: ExecutorCallOf<"SUBSCRIBE">): Promise<void> {
    const framework = this.#context.state.framework(run.key.framework);
    if (framework === undefined) return;
    const known = new Set([
      ...(subscribe.unacknowledged_tasks ?? []).map(({ task_id }) => task_id.value),
      ...(subscribe.unacknowledged_updates ?? []).map(({ status }) => status.task_id.value),
    ]);
    const message = "Task launched during agent restart";
    const ending: Ending = { state: droppedState(framework.info), reason: "REASON_AGENT_RESTARTED", message };
    for (const task of run.tasks.values()) {
      const doubtful = task.delivered && taskState(task) === "TASK_STAGING" && !known.has(task.info.task_id.value);
      if (doubtful) await endTask(this.#context, run, task, ending);
    }
  }

  #after(run: ExecutorRun, ms: number, action: () => Promise<void>): void {
    run.cancelTimer();
    const { clock, queue } = this.#context;
    run.cancelTimer = clock.after(ms, () => queue.post(action), { background: true });
  }
}

export const notRegistered = (timeoutMs: number): Ending => ({
  state: "TASK_FAILED",
  reason: "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
  message: `Executor did not register within ${formatDuration(timeoutMs)}`,
});

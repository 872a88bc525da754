// The master's messages about tasks and executors: run, kill, message, shut down. All methods run on the agent's queue.
import { randomUUID } from "node:crypto";
import { messageOf } from "@cke/foundation";
import type { ExecutorInfo, FrameworkInfo, TaskInfo } from "@cke/mesos";
import type { MasterMessage } from "../../link/index.ts";
import { durationMs } from "../../wire/duration.ts";
import type { ExecutorKind } from "../checkpoint/checkpoint-schema.ts";
import { announceExit, retireFramework, retireRun } from "../executors/executor-termination.ts";
import type { Executors } from "../executors/executors.ts";
import type { AgentContext } from "../state/agent-context.ts";
import { type AgentFramework, type Ending, ExecutorRun, isEnded } from "../state/agent-state.ts";
import { agentStatus, commandExecutorInfo, droppedState } from "../state/task-status.ts";

type MessageOf<Type extends MasterMessage["type"]> = Extract<MasterMessage, { type: Type }>;

export class TaskMessages {
  readonly #context: AgentContext;
  readonly #executors: Executors;

  constructor(context: AgentContext, executors: Executors) {
    this.#context = context;
    this.#executors = executors;
  }

  async runTask(message: MessageOf<"RUN_TASK">): Promise<void> {
    const { framework_id: frameworkId, task } = message;
    const given = message.executor_info ?? task.executor;
    const info = given ?? commandExecutorInfo(task, frameworkId.value);
    const kind = given === undefined ? "command" : "custom";
    await this.#run(message.framework_id.value, message.framework_info, info, kind, [task]);
  }

  async runGroup(message: MessageOf<"RUN_TASK_GROUP">): Promise<void> {
    const { executor_info: info } = message;
    const kind = info.type === "DEFAULT" ? "default" : "custom";
    await this.#run(message.framework_id.value, message.framework_info, info, kind, message.tasks, randomUUID());
  }

  async #run(
    frameworkId: string,
    frameworkInfo: FrameworkInfo,
    executorInfo: ExecutorInfo,
    kind: ExecutorKind,
    tasks: readonly TaskInfo[],
    group?: string,
  ): Promise<void> {
    const { logger } = this.#context;
    const framework = await this.#framework(frameworkId, frameworkInfo);
    const executorId = executorInfo.executor_id.value;
    if (framework.removed) {
      logger.warning("tasks of a removed framework are ignored", { framework: frameworkId });
      return;
    }
    const existing = framework.runs.get(executorId);
    if (existing?.state === "terminating" || existing?.state === "terminated") {
      const ending = executorGone(framework, existing.state);
      for (const { task_id } of tasks) await this.#refuse(framework, task_id.value, ending, executorId);
      // With these tasks the master has added the executor to its ledger again, and nothing else would remove it there.
      if (existing.state === "terminated") announceExit(this.#context, existing);
      return;
    }
    try {
      await this.#launch(framework, existing, executorInfo, kind, tasks, group);
    } catch (error) {
      const message = `Failed to launch container: ${messageOf(error)}`;
      logger.error("tasks not launched", { executor: executorId, problem: message });
      const ending: Ending = { state: "TASK_FAILED", reason: "REASON_CONTAINER_LAUNCH_FAILED", message };
      for (const { task_id } of tasks) await this.#refuse(framework, task_id.value, ending, executorId);
    }
  }

  /** Makes everything durable before it hands tasks over. A failure before that leaves nothing behind. */
  async #launch(
    framework: AgentFramework,
    existing: ExecutorRun | undefined,
    executorInfo: ExecutorInfo,
    kind: ExecutorKind,
    tasks: readonly TaskInfo[],
    group: string | undefined,
  ): Promise<void> {
    const { checkpoint } = this.#context;
    const framework_id = { value: framework.id };
    const run = existing ?? this.#newRun(framework, { ...executorInfo, framework_id }, kind);
    if (existing === undefined) await checkpoint.saveRun(run.key, run.record());
    const fresh = tasks.filter(({ task_id }) => !run.tasks.has(task_id.value));
    const records = fresh.map((info): TaskInfo => {
      const { executor } = info;
      return executor === undefined ? info : { ...info, executor: { ...executor, framework_id } };
    });
    for (const task of records) {
      await checkpoint.saveTask(run.key, { task, ...(group === undefined ? {} : { group }) });
    }
    for (const task of records) run.addTask(task, group);
    if (existing === undefined) {
      framework.runs.set(run.key.executor, run);
      this.#executors.launch(run);
    } else {
      await this.#executors.deliver(run);
    }
  }

  async killTask({ framework_id, task_id, kill_policy }: MessageOf<"KILL_TASK">): Promise<void> {
    const { state } = this.#context;
    const framework = state.framework(framework_id.value);
    const run = state.runOfTask(framework_id.value, task_id.value);
    const task = run?.tasks.get(task_id.value);
    if (run === undefined || task === undefined) {
      const info = framework?.info ?? { user: "", name: "" };
      const reason = "REASON_EXECUTOR_TERMINATED";
      const ending: Ending = { state: droppedState(info), reason, message: "Cannot find executor" };
      await this.#submit(framework_id.value, task_id.value, ending);
      return;
    }
    if (isEnded(task) || run.state === "terminating" || run.state === "terminated") return;
    if (!task.delivered && framework !== undefined) {
      await this.#killUndelivered(framework, run, task.group, task_id.value);
      return;
    }
    if (run.kind === "custom") {
      run.stream?.send({ type: "KILL", kill: { task_id, ...(kill_policy === undefined ? {} : { kill_policy }) } });
      return;
    }
    const policy = kill_policy ?? task.info.kill_policy;
    await this.#executors.runner.kill(run, task_id.value, durationMs(policy?.grace_period));
  }

  async shutdownExecutor({ framework_id, executor_id }: MessageOf<"SHUTDOWN_EXECUTOR">): Promise<void> {
    const run = this.#context.state.framework(framework_id.value)?.runs.get(executor_id.value);
    if (run !== undefined) await this.#executors.shutdown(run);
  }

  /** The framework is gone: its executors end, and no update of it is sent any more. */
  async shutdownFramework(frameworkId: string): Promise<void> {
    const { state, updates } = this.#context;
    const framework = state.framework(frameworkId);
    if (framework === undefined) return;
    framework.removed = true;
    updates.drop(frameworkId);
    for (const run of [...framework.runs.values()]) {
      if (run.state === "terminated") {
        for (const task of run.tasks.values()) run.complete(task);
        await retireRun(this.#context, run);
      } else {
        await this.#executors.shutdown(run);
      }
    }
    if (framework.runs.size === 0) await retireFramework(this.#context, framework);
  }

  frameworkMessage({ framework_id, executor_id, data }: MessageOf<"FRAMEWORK_MESSAGE">): void {
    const run = this.#context.state.framework(framework_id.value)?.runs.get(executor_id.value);
    if (run?.state === "running" && run.stream !== undefined) {
      run.stream.send({ type: "MESSAGE", message: { data } });
    } else {
      this.#context.metrics.invalidMessages += 1;
    }
  }

  async updateFramework({ framework_id, framework_info }: MessageOf<"UPDATE_FRAMEWORK">): Promise<void> {
    if (this.#context.state.framework(framework_id.value) !== undefined) {
      await this.#framework(framework_id.value, framework_info);
    }
  }

  /** A terminal update has been acknowledged: the task is completed. */
  async settled(frameworkId: string, taskId: string): Promise<void> {
    const run = this.#context.state.runOfTask(frameworkId, taskId);
    const task = run?.tasks.get(taskId);
    if (run === undefined || task === undefined) return;
    run.complete(task);
    await this.#context.checkpoint.removeTask(run.key, taskId);
    await retireRun(this.#context, run);
  }

  async #framework(id: string, given: FrameworkInfo): Promise<AgentFramework> {
    const { state, checkpoint } = this.#context;
    const info: FrameworkInfo = { ...given, id: { value: id } };
    const existing = state.framework(id);
    if (existing !== undefined && JSON.stringify(existing.info) === JSON.stringify(info)) return existing;
    await checkpoint.saveFramework(id, info);
    const framework = existing ?? state.addFramework(id, info);
    framework.info = info;
    return framework;
  }

  #newRun(framework: AgentFramework, info: ExecutorInfo, kind: ExecutorKind): ExecutorRun {
    const { paths, state } = this.#context;
    const key = { framework: framework.id, executor: info.executor_id.value, container: randomUUID() };
    const sandbox = paths.sandbox(state.agentId ?? "", key.framework, key.executor, key.container);
    const checkpoint = framework.info.checkpoint ?? false;
    return new ExecutorRun(key, { executor_info: info, kind, sandbox, checkpoint });
  }

  /** A task that never reached its executor: ended here, with its group; a run without any task is ended too. */
  async #killUndelivered(
    framework: AgentFramework,
    run: ExecutorRun,
    group: string | undefined,
    taskId: string,
  ): Promise<void> {
    const reason = "REASON_TASK_KILLED_DURING_LAUNCH";
    const ending: Ending = { state: "TASK_KILLED", reason, message: "Killed before delivery to the executor" };
    const victims = [...run.tasks.values()].filter(
      (task) => task.info.task_id.value === taskId || (group !== undefined && task.group === group),
    );
    for (const task of victims) {
      const status = await this.#submit(framework.id, task.info.task_id.value, ending, run.key.executor);
      task.statuses.push(status);
    }
    if ([...run.tasks.values()].every(isEnded) && !run.subscribed) await this.#executors.kill(run);
  }

  async #refuse(framework: AgentFramework, taskId: string, ending: Ending, executorId: string): Promise<void> {
    if (this.#context.state.runOfTask(framework.id, taskId) === undefined) {
      await this.#submit(framework.id, taskId, ending, executorId);
    }
  }

  async #submit(frameworkId: string, taskId: string, ending: Ending, executorId?: string) {
    const { state, clock, updates, metrics } = this.#context;
    const executor = executorId === undefined ? {} : { executorId };
    const ids = { taskId, agentId: state.agentId ?? "", ...executor };
    const status = agentStatus({ ...ids, ending, now: clock.now() });
    await updates.submit(frameworkId, status);
    metrics.countState(status.state);
    return status;
  }
}

const executorGone = (framework: AgentFramework, state: string): Ending => ({
  state: droppedState(framework.info),
  reason: "REASON_EXECUTOR_TERMINATED",
  message: `Executor ${state}`,
});

// The executors and tasks of one simulated agent, and the updates that its framework has not acknowledged: everything that a
// real agent has in its checkpoints.
import { type Clock, type Logger, silentLogger } from "@cke/foundation";
import type { ExecutorInfo, FrameworkInfo, TaskInfo, TaskStatus } from "@cke/mesos";
import type { Ending } from "../agent/agent-state.ts";
import { durationMs } from "../agent/duration.ts";
import { agentStatus, commandExecutorInfo, droppedState, executorTerminated } from "../agent/task-status.ts";
import { UpdateStreams } from "../agent/update-streams.ts";
import type { AgentMessage, CheckpointedFramework, MasterMessage } from "../link/index.ts";
import type { ExecutorBehaviour } from "./executor-behaviour.ts";
import { isEnded, type RunOwner, SimulatedRun } from "./simulated-run.ts";

const defaultGraceMs = 5_000;

export interface AgentTasksOptions {
  readonly hostname: string;
  readonly ip: string;
  readonly behaviour: ExecutorBehaviour;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Numbers in [0,1). */
  readonly random: () => number;
  /** From the launch of an executor to its subscription, ms. */
  readonly executorStartMs?: () => number;
  /** First wait for the acknowledgement of an update; doubles up to 10 min. */
  readonly updateRetryMs?: number;
}

/** What the tasks need of the agent process. */
export interface AgentProcess {
  readonly agentId: () => string;
  readonly up: () => boolean;
  readonly registered: () => boolean;
  readonly send: (message: AgentMessage) => void;
}

interface Framework {
  info: FrameworkInfo;
  readonly runs: Map<string, SimulatedRun>;
  removed: boolean;
}

export class AgentTasks implements RunOwner {
  readonly clock: Clock;
  readonly hostname: string;
  readonly #options: AgentTasksOptions & AgentProcess;
  readonly #frameworks = new Map<string, Framework>();
  readonly #updates: UpdateStreams;
  #groups = 0;

  constructor(options: AgentTasksOptions & AgentProcess) {
    const { clock, hostname, logger = silentLogger, updateRetryMs = 10_000 } = options;
    this.#options = options;
    this.clock = clock;
    this.hostname = hostname;
    this.#updates = new UpdateStreams({
      clock,
      logger,
      retryMs: updateRetryMs,
      forward: (framework, status, latest) =>
        this.#options.send({
          type: "STATUS_UPDATE",
          framework_id: { value: framework },
          status,
          ...(latest === undefined ? {} : { latest_state: latest }),
        }),
    });
  }

  get agentId(): string {
    return this.#options.agentId();
  }

  random(): number {
    return this.#options.random();
  }

  /** Every executor whose updates are not all acknowledged, dead ones too. */
  runs(): readonly SimulatedRun[] {
    return [...this.#frameworks.values()].flatMap(({ runs }) => [...runs.values()]);
  }

  /** What REGISTER says. */
  checkpoint(): CheckpointedFramework[] {
    return [...this.#frameworks]
      .filter(([, { removed }]) => !removed)
      .map(([id, { info, runs }]) => ({
        framework_id: { value: id },
        framework_info: info,
        executors: [...runs.values()].map((run) => ({
          executor_info: run.info,
          command_executor: false,
          tasks: [...run.tasks].map(([taskId, { info: task, latest }]) => ({
            task,
            ...(latest === undefined ? {} : { latest }),
            unacknowledged: [...this.#updates.pending(id, taskId)],
          })),
        })),
      }));
  }

  /** The agent process is back: it hears what its executors said and did meanwhile. */
  recover(): void {
    for (const run of this.runs()) {
      this.reported(run);
      if (!run.alive) this.#ended(run);
    }
  }

  /** The master listens (again). REGISTER has named runs that are over: the master must not take them for alive. */
  connected(): void {
    for (const run of this.runs()) if (!run.alive) this.#announceExit(run);
    this.#updates.connected();
  }

  disconnected(): void {
    this.#updates.disconnected();
  }

  /** Every executor dies at once. */
  killAll(): void {
    for (const run of this.runs()) run.exit(9);
  }

  forgetAll(): void {
    for (const id of this.#frameworks.keys()) this.#updates.drop(id);
    this.#frameworks.clear();
  }

  /** A message of the master about executors and tasks; the others are the agent's. */
  perform(message: MasterMessage): void {
    switch (message.type) {
      case "RUN_TASK": {
        const { framework_id, task } = message;
        const command = task.command?.value ?? task.name;
        const given = message.executor_info ?? task.executor;
        const info = given ?? commandExecutorInfo(task.task_id.value, framework_id.value, command);
        this.#run(framework_id.value, message.framework_info, info, [task]);
        break;
      }
      case "RUN_TASK_GROUP":
        this.#run(message.framework_id.value, message.framework_info, message.executor_info, message.tasks, true);
        break;
      case "KILL_TASK":
        this.#kill(message);
        break;
      case "SHUTDOWN_EXECUTOR": {
        const run = this.#frameworks.get(message.framework_id.value)?.runs.get(message.executor_id.value);
        if (run !== undefined) this.#shutdown(run);
        break;
      }
      case "SHUTDOWN_FRAMEWORK":
        this.#shutdownFramework(message.framework_id.value);
        break;
      case "FRAMEWORK_MESSAGE": {
        const { framework_id, executor_id, data } = message;
        this.#frameworks.get(framework_id.value)?.runs.get(executor_id.value)?.message(data);
        break;
      }
      case "STATUS_ACKNOWLEDGE":
        this.#acknowledge(message.framework_id.value, message.task_id.value, message.uuid);
        break;
      case "UPDATE_FRAMEWORK": {
        const framework = this.#frameworks.get(message.framework_id.value);
        if (framework !== undefined) framework.info = { ...message.framework_info, id: message.framework_id };
        break;
      }
      default:
    }
  }

  reported(run: SimulatedRun): void {
    if (!this.#options.up()) return;
    const framework = this.#frameworks.get(run.frameworkId);
    for (const status of run.takeReports()) {
      if (framework === undefined || framework.removed) continue;
      this.#submit(run, {
        ...status,
        agent_id: { value: this.agentId },
        executor_id: { value: run.executorId },
        container_status: {
          container_id: { value: `container-${run.executorId}` },
          network_infos: [{ ip_addresses: [{ protocol: "IPv4", ip_address: this.#options.ip }] }],
        },
      });
    }
  }

  messageFrom(run: SimulatedRun, data: string): void {
    if (!this.#options.registered()) return;
    this.#options.send({
      type: "FRAMEWORK_MESSAGE",
      framework_id: { value: run.frameworkId },
      executor_id: { value: run.executorId },
      data,
    });
  }

  exited(run: SimulatedRun): void {
    if (this.#options.up()) this.#ended(run);
  }

  #run(id: string, given: FrameworkInfo, executor: ExecutorInfo, tasks: readonly TaskInfo[], group = false): void {
    const framework = this.#frameworks.get(id) ?? { info: given, runs: new Map(), removed: false };
    this.#frameworks.set(id, framework);
    framework.info = { ...given, id: { value: id } };
    if (framework.removed) return;
    const existing = framework.runs.get(executor.executor_id.value);
    if (existing !== undefined && (existing.terminating || !existing.alive)) {
      const ending: Ending = {
        state: droppedState(framework.info),
        reason: "REASON_EXECUTOR_TERMINATED",
        message: `Executor ${existing.alive ? "terminating" : "terminated"}`,
      };
      for (const { task_id } of tasks) this.#speak(id, task_id.value, ending, existing);
      // With these tasks the master has booked the executor anew, and nothing else would tell it to forget it again.
      if (!existing.alive) this.#announceExit(existing);
      return;
    }
    const run = existing ?? this.#newRun(id, framework, executor);
    const groupId = group ? this.#groups++ : undefined;
    for (const task of tasks) if (!run.tasks.has(task.task_id.value)) run.addTask(task, groupId);
    run.deliver();
  }

  #newRun(id: string, framework: Framework, info: ExecutorInfo): SimulatedRun {
    const { behaviour, executorStartMs = () => 0 } = this.#options;
    const run = new SimulatedRun({
      owner: this,
      frameworkId: id,
      framework: framework.info,
      info: { ...info, framework_id: { value: id } },
      behaviour,
      startAfterMs: executorStartMs(),
      onSubscribed: (started) => started.deliver(),
    });
    framework.runs.set(run.executorId, run);
    return run;
  }

  #kill({ framework_id, task_id, kill_policy }: Extract<MasterMessage, { type: "KILL_TASK" }>): void {
    const framework = this.#frameworks.get(framework_id.value);
    const run = [...(framework?.runs.values() ?? [])].find(({ tasks }) => tasks.has(task_id.value));
    const task = run?.tasks.get(task_id.value);
    if (framework === undefined || run === undefined || task === undefined) {
      const state = droppedState(framework?.info ?? { user: "", name: "" });
      const ending = { state, reason: "REASON_EXECUTOR_TERMINATED", message: "Cannot find executor" };
      this.#speak(framework_id.value, task_id.value, ending);
      return;
    }
    if (isEnded(task) || run.terminating || !run.alive) return;
    if (task.delivered) {
      run.kill(task_id.value, kill_policy);
      return;
    }
    const message = "Killed before delivery to the executor";
    const ending: Ending = { state: "TASK_KILLED", reason: "REASON_TASK_KILLED_DURING_LAUNCH", message };
    for (const [id, other] of run.tasks) {
      if (other === task || (task.group !== undefined && other.group === task.group)) {
        other.live = false;
        this.#speak(framework_id.value, id, ending, run);
      }
    }
    if ([...run.tasks.values()].every(isEnded) && !run.subscribed) run.exit(9);
  }

  #shutdown(run: SimulatedRun): void {
    run.shutdown(durationMs(run.info.shutdown_grace_period) ?? defaultGraceMs);
  }

  #shutdownFramework(id: string): void {
    const framework = this.#frameworks.get(id);
    if (framework === undefined) return;
    framework.removed = true;
    this.#updates.drop(id);
    for (const run of [...framework.runs.values()]) {
      if (run.alive) this.#shutdown(run);
      else this.#retire(run);
    }
    this.#forgetIfEmpty(id);
  }

  #acknowledge(frameworkId: string, taskId: string, uuid: string): void {
    if (!this.#updates.awaits(frameworkId, taskId, uuid)) return;
    if (!this.#updates.acknowledged(frameworkId, taskId)) return;
    const framework = this.#frameworks.get(frameworkId);
    for (const run of framework?.runs.values() ?? []) if (run.tasks.delete(taskId)) this.#retire(run);
  }

  /** The executor process is gone: FAILURE first, then an update for every task that was not ended. */
  #ended(run: SimulatedRun): void {
    const framework = this.#frameworks.get(run.frameworkId);
    this.reported(run);
    if (framework !== undefined && !framework.removed) {
      if (this.#options.registered() || run.tasks.size === 0) this.#announceExit(run);
      for (const [id, task] of run.tasks) if (!isEnded(task)) this.#speak(run.frameworkId, id, executorTerminated, run);
    }
    this.#retire(run);
  }

  #announceExit(run: SimulatedRun): void {
    this.#options.send({
      type: "EXECUTOR_EXITED",
      framework_id: { value: run.frameworkId },
      executor_id: { value: run.executorId },
      ...(run.waitStatus === undefined ? {} : { status: run.waitStatus }),
    });
  }

  #retire(run: SimulatedRun): void {
    const framework = this.#frameworks.get(run.frameworkId);
    if (framework === undefined || run.alive || (run.tasks.size > 0 && !framework.removed)) return;
    framework.runs.delete(run.executorId);
    this.#forgetIfEmpty(run.frameworkId);
  }

  #forgetIfEmpty(id: string): void {
    const framework = this.#frameworks.get(id);
    if (framework?.runs.size !== 0) return;
    if (framework.removed) this.#updates.drop(id);
    this.#frameworks.delete(id);
  }

  /** An update that the agent makes itself. */
  #speak(frameworkId: string, taskId: string, ending: Ending, run?: SimulatedRun): void {
    const status = agentStatus({
      taskId,
      agentId: this.agentId,
      ...(run === undefined ? {} : { executorId: run.executorId }),
      ending,
      now: this.clock.now(),
    });
    if (run !== undefined) this.#submit(run, status);
    else if (this.#updates.takes(frameworkId, status)) this.#updates.add(frameworkId, status);
  }

  #submit(run: SimulatedRun, status: TaskStatus): void {
    if (!this.#updates.takes(run.frameworkId, status)) return;
    const task = run.tasks.get(status.task_id.value);
    if (task !== undefined) task.latest = status;
    this.#updates.add(run.frameworkId, status);
  }
}

// The executors and tasks of one simulated agent, and the updates that its framework has not acknowledged: everything that a
// real agent has in its checkpoints.
import type { Clock } from "@cke/foundation";
import type { ExecutorInfo, FrameworkInfo, TaskInfo } from "@cke/mesos";
import type { Ending } from "../agent/state/agent-state.ts";
import { commandExecutorInfo, droppedState, executorTerminated } from "../agent/state/task-status.ts";
import type { CheckpointedFramework, MasterMessage } from "../link/index.ts";
import { durationMs } from "../wire/duration.ts";
import { checkpointOf, type KnownFramework } from "./agent-checkpoint.ts";
import { AgentReports, type AgentReportsOptions } from "./agent-reports.ts";
import type { ExecutorBehaviour } from "./executor-behaviour.ts";
import { isEnded, type RunOwner, SimulatedRun } from "./simulated-run.ts";

const defaultGraceMs = 5_000;

export interface AgentTasksOptions extends Pick<AgentReportsOptions, "ip" | "clock" | "logger"> {
  readonly hostname: string;
  readonly behaviour: ExecutorBehaviour;
  /** Numbers in [0,1). */
  readonly random: () => number;
  /** From the launch of an executor to its subscription, ms. */
  readonly executorStartMs?: () => number;
}

/** What the tasks need of the agent process. */
interface AgentProcess extends Pick<AgentReportsOptions, "agentId" | "send"> {
  readonly up: () => boolean;
  readonly registered: () => boolean;
}

export class AgentTasks implements RunOwner {
  readonly clock: Clock;
  readonly hostname: string;
  readonly #options: AgentTasksOptions & AgentProcess;
  readonly #frameworks = new Map<string, KnownFramework>();
  readonly #reports: AgentReports;
  #groups = 0;

  constructor(options: AgentTasksOptions & AgentProcess) {
    this.#options = options;
    this.clock = options.clock;
    this.hostname = options.hostname;
    this.#reports = new AgentReports(options);
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

  /** The frameworks of REGISTER. */
  checkpoint(): CheckpointedFramework[] {
    return checkpointOf(this.#frameworks, this.#reports.updates);
  }

  /** The agent process is back: it takes over what its executors reported and did meanwhile. */
  recover(): void {
    for (const run of this.runs()) {
      this.reported(run);
      if (!run.alive) this.#ended(run);
    }
  }

  /** The agent is registered (again). REGISTER named runs that have ended: the master must not take them for alive. */
  connected(): void {
    for (const run of this.runs()) if (!run.alive) this.#reports.announceExit(run);
    this.#reports.updates.connected();
  }

  disconnected(): void {
    this.#reports.updates.disconnected();
  }

  /** Every executor dies at once. */
  killAll(): void {
    for (const run of this.runs()) run.exit(9);
  }

  forgetAll(): void {
    for (const id of this.#frameworks.keys()) this.#reports.updates.drop(id);
    this.#frameworks.clear();
  }

  /** A message of the master about executors and tasks; the others are the agent's. */
  perform(message: MasterMessage): void {
    switch (message.type) {
      case "RUN_TASK": {
        const { framework_id, task } = message;
        const given = message.executor_info ?? task.executor;
        const info = given ?? commandExecutorInfo(task, framework_id.value);
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
    const statuses = run.takeReports();
    if (framework === undefined || framework.removed) return;
    for (const status of statuses) this.#reports.report(run, status);
  }

  messageFrom(run: SimulatedRun, data: string): void {
    if (!this.#options.registered() || !this.runs().includes(run)) return;
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
      for (const { task_id } of tasks) this.#reports.reportEnding(id, task_id.value, ending, existing);
      // With these tasks the master has added the executor to its ledger again, and nothing else would remove it there.
      if (!existing.alive) this.#reports.announceExit(existing);
      return;
    }
    const run = existing ?? this.#newRun(id, framework, executor);
    const groupId = group ? this.#groups++ : undefined;
    for (const task of tasks) if (!run.tasks.has(task.task_id.value)) run.addTask(task, groupId);
    run.deliver();
  }

  #newRun(id: string, framework: KnownFramework, info: ExecutorInfo): SimulatedRun {
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
      this.#reports.reportEnding(framework_id.value, task_id.value, ending);
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
        this.#reports.reportEnding(framework_id.value, id, ending, run);
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
    this.#reports.updates.drop(id);
    for (const run of [...framework.runs.values()]) {
      if (run.alive) this.#shutdown(run);
      else this.#retire(run);
    }
    this.#forgetIfEmpty(id);
  }

  #acknowledge(frameworkId: string, taskId: string, uuid: string): void {
    if (!this.#reports.updates.awaits(frameworkId, taskId, uuid)) return;
    if (!this.#reports.updates.acknowledged(frameworkId, taskId)) return;
    const framework = this.#frameworks.get(frameworkId);
    for (const run of framework?.runs.values() ?? []) if (run.tasks.delete(taskId)) this.#retire(run);
  }

  /** The executor process is gone: FAILURE first, then an update for every task that was not ended. */
  #ended(run: SimulatedRun): void {
    const framework = this.#frameworks.get(run.frameworkId);
    this.reported(run);
    if (framework !== undefined && !framework.removed) {
      if (this.#options.registered() || run.tasks.size === 0) this.#reports.announceExit(run);
      for (const [id, task] of run.tasks)
        if (!isEnded(task)) this.#reports.reportEnding(run.frameworkId, id, executorTerminated, run);
    }
    this.#retire(run);
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
    if (framework.removed) this.#reports.updates.drop(id);
    this.#frameworks.delete(id);
  }
}

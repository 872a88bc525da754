// Command tasks and task groups of the default executor, run by the agent itself instead of by a mesos-executor process.
// The updates are those of mesos-executor (recordings task-failures, operations); the processes outlive the agent and are
// adopted by the next one. Differences: the run's executor_pid is the command's own, and a task group shares one sandbox.
import { randomUUID } from "node:crypto";
import { newUuid, type TaskStatus } from "@cke/mesos";
import { durationMs } from "../../wire/duration.ts";
import {
  type ContainedProcess,
  killContained,
  releaseOnceDurable,
  startContained,
  terminateContained,
  watchContained,
} from "../containerizer/contained-process.ts";
import type { AgentContext, RunOwner } from "../state/agent-context.ts";
import { type AgentTask, type ExecutorRun, hasCapability, isEnded, taskRecord } from "../state/agent-state.ts";
import { type CommandEnd, commandOutcome } from "./command-outcome.ts";
import { unsupportedNestedContainer } from "./container-support.ts";
import { commandLine, containerMark, runEnvironment, runUser } from "./executor-launch.ts";
import { HealthChecker } from "./health-check.ts";

const successStatus = 0;
/** In the recording the default executor exited 160 ms after its last update. */
const defaultExitMs = 100;

interface Supervision {
  health: HealthChecker | undefined;
  end: CommandEnd;
  cancelGrace: () => void;
}

export class CommandTaskRunner {
  readonly #context: AgentContext;
  readonly #owner: RunOwner;
  readonly #supervised = new Map<AgentTask, Supervision>();

  constructor(context: AgentContext, owner: RunOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  async launch(run: ExecutorRun, task: AgentTask): Promise<void> {
    const { checkpoint, state } = this.#context;
    const framework = state.framework(run.key.framework);
    if (framework === undefined) return;
    const command = task.info.command ?? {};
    task.containerId = run.kind === "command" ? run.key.container : randomUUID();
    const unsupported =
      run.kind === "default" ? unsupportedNestedContainer(task.info.container, task.info.command) : undefined;
    if (unsupported !== undefined) {
      await this.#finish(run, task, { killed: "no", problem: unsupported });
      return;
    }
    try {
      const user = await runUser(framework, command);
      const held = await startContained({
        argv: commandLine(command),
        environment: runEnvironment(this.#context, run, command),
        directory: run.sandbox,
        stdout: `${run.sandbox}/stdout`,
        stderr: `${run.sandbox}/stderr`,
        statusFile: checkpoint.statusFile(run.key, task.info.task_id.value),
        ...(user === undefined ? {} : { user }),
        // Tasks of a group share their sandbox, so the mark would take one for the other.
        ...(run.kind === "command" ? { mark: containerMark(run) } : {}),
      });
      this.#attach(run, task, held);
      await releaseOnceDurable(held, async () => {
        await checkpoint.saveTask(run.key, taskRecord(task));
        if (run.kind === "command") await checkpoint.saveRun(run.key, run.record());
        await this.#report(run, task, "TASK_STARTING");
      });
    } catch (error) {
      await this.#finish(run, task, { killed: "no", problem: error });
      return;
    }
    await this.#report(run, task, "TASK_RUNNING");
    this.#supervise(run, task, "no");
  }

  /** Takes over a task that an earlier agent process started. */
  async adopt(run: ExecutorRun, task: AgentTask, identity: ContainedProcess["identity"]): Promise<void> {
    const statusFile = this.#context.checkpoint.statusFile(run.key, task.info.task_id.value);
    this.#attach(run, task, watchContained(identity, statusFile, this.#context));
    const had = (wanted: TaskStatus["state"]) => task.statuses.some(({ state }) => state === wanted);
    const killed = had("TASK_KILLING") ? "request" : "no";
    // That agent may have died after it let the command run and before it could say so. A command that it had not let run
    // ends by itself, and is reported by its end.
    if (killed === "no" && !had("TASK_RUNNING")) await this.#report(run, task, "TASK_RUNNING");
    const supervision = this.#supervise(run, task, killed);
    // It is not known whether that agent had sent the signal, nor what is left of the grace period.
    if (killed === "request") await this.#terminate(task, supervision, durationMs(task.info.kill_policy?.grace_period));
  }

  async kill(run: ExecutorRun, taskId: string, graceMs: number | undefined): Promise<void> {
    const task = run.tasks.get(taskId);
    if (task !== undefined && !isEnded(task)) await this.#kill(run, task, "request", graceMs);
  }

  async shutdown(run: ExecutorRun): Promise<void> {
    const open = [...run.tasks.values()].filter((task) => !isEnded(task));
    for (const task of open) await this.#kill(run, task, "request", undefined);
    if (open.length === 0) await this.#owner.ended(run, successStatus);
  }

  /** Stops watching; the commands go on. */
  stop(): void {
    for (const { health, cancelGrace } of this.#supervised.values()) {
      health?.stop();
      cancelGrace();
    }
  }

  #attach(run: ExecutorRun, task: AgentTask, process: ContainedProcess): void {
    task.process = process;
    if (run.kind === "command") run.process = process;
  }

  #supervise(run: ExecutorRun, task: AgentTask, killed: CommandEnd["killed"]): Supervision {
    const { clock, queue, stopping } = this.#context;
    const { health_check: check, max_completion_time: limit, command } = task.info;
    const supervision: Supervision = { health: undefined, end: { killed }, cancelGrace: () => {} };
    this.#supervised.set(task, supervision);
    if (check !== undefined) {
      supervision.health = new HealthChecker({
        check,
        clock,
        directory: run.sandbox,
        environment: runEnvironment(this.#context, run, check.command ?? command ?? {}),
        onChange: (healthy, giveUp) => queue.post(() => this.#healthChanged(run, task, healthy, giveUp)),
      });
      supervision.health.start();
    }
    if (limit !== undefined && limit.nanoseconds > 0) {
      const expire = () => queue.post(() => this.#kill(run, task, "timeout", 0));
      supervision.cancelGrace = clock.after(Number(limit.nanoseconds) / 1e6, expire, { background: true });
    }
    void task.process?.exited.then((status) => {
      if (stopping.aborted) return;
      queue.post(() => this.#finish(run, task, { ...supervision.end, waitStatus: status }));
    });
    return supervision;
  }

  async #healthChanged(run: ExecutorRun, task: AgentTask, healthy: boolean, giveUp: boolean): Promise<void> {
    if (isEnded(task) || this.#supervised.get(task)?.end.killed !== "no") return;
    const reason = "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED";
    await this.#report(run, task, "TASK_RUNNING", { reason, healthy });
    if (giveUp) await this.#kill(run, task, "unhealthy", undefined);
  }

  async #kill(
    run: ExecutorRun,
    task: AgentTask,
    why: CommandEnd["killed"],
    graceMs: number | undefined,
  ): Promise<void> {
    const { state } = this.#context;
    const supervision = this.#supervised.get(task);
    const framework = state.framework(run.key.framework);
    if (supervision === undefined || task.process === undefined || isEnded(task) || supervision.end.killed !== "no") {
      return;
    }
    supervision.end = { killed: why };
    supervision.health?.stop();
    supervision.cancelGrace();
    if (framework !== undefined && hasCapability(framework.info, "TASK_KILLING_STATE")) {
      await this.#report(run, task, "TASK_KILLING", why === "unhealthy" ? { healthy: false } : {});
    }
    await this.#terminate(task, supervision, graceMs);
  }

  async #terminate(
    task: AgentTask,
    supervision: Supervision,
    graceMs = this.#context.settings.executorShutdownGracePeriodMs,
  ): Promise<void> {
    const { clock, queue } = this.#context;
    if (task.process === undefined) return;
    const { identity } = task.process;
    await terminateContained(identity);
    const force = () => queue.post(() => killContained(identity));
    supervision.cancelGrace = clock.after(graceMs, force, { background: true });
  }

  /** The command is over. The failure of one task of a group ends the others, the end of all ends the run. */
  async #finish(run: ExecutorRun, task: AgentTask, end: CommandEnd): Promise<void> {
    const supervision = this.#supervised.get(task);
    supervision?.health?.stop();
    supervision?.cancelGrace();
    this.#supervised.delete(task);
    if (run.state === "terminated") return;
    if (!isEnded(task)) {
      const { state, ...fields } = commandOutcome(end);
      await this.#report(run, task, state, fields);
      if (state !== "TASK_FINISHED") {
        const siblings = [...run.tasks.values()].filter((other) => other.group === task.group && other !== task);
        for (const other of siblings) if (!isEnded(other)) await this.#kill(run, other, "request", undefined);
      }
    }
    if ([...run.tasks.values()].every(isEnded)) await this.#exit(run);
  }

  /** The default executor is still there for a moment, with its resources, when its last task is over. */
  async #exit(run: ExecutorRun): Promise<void> {
    if (run.kind === "command") {
      await this.#owner.ended(run, successStatus);
      return;
    }
    const { clock, queue } = this.#context;
    run.cancelTimer();
    const exit = async () => {
      if ([...run.tasks.values()].every(isEnded)) await this.#owner.ended(run, successStatus);
    };
    run.cancelTimer = clock.after(defaultExitMs, () => queue.post(exit), { background: true });
  }

  async #report(
    run: ExecutorRun,
    task: AgentTask,
    state: TaskStatus["state"],
    fields: Partial<TaskStatus> = {},
  ): Promise<void> {
    const { clock, settings } = this.#context;
    const nested =
      run.kind === "default" ? { container_status: this.#nestedStatus(run, task, state, settings.ip) } : {};
    await this.#owner.report(run, {
      task_id: task.info.task_id,
      state,
      source: "SOURCE_EXECUTOR",
      timestamp: clock.now() / 1000,
      uuid: newUuid(),
      ...nested,
      ...fields,
    });
  }

  #nestedStatus(run: ExecutorRun, task: AgentTask, state: string, ip: string) {
    const container_id = { value: task.containerId ?? "", parent: { value: run.key.container } };
    const lives = state === "TASK_RUNNING" || state === "TASK_KILLING";
    if (!lives || task.process === undefined) return { container_id };
    const network_infos = [{ ip_addresses: [{ protocol: "IPv4", ip_address: ip }] }];
    return { container_id, network_infos, executor_pid: task.process.identity.pid };
  }
}

// One incarnation of an executor on a simulated agent. It goes on while the agent is away, and keeps its updates until
// the agent is back, as an executor of a checkpointing framework does.
import type { Clock } from "@cke/foundation";
import {
  type ExecutorInfo,
  type FrameworkInfo,
  isTerminalTaskState,
  type KillPolicy,
  newUuid,
  type TaskInfo,
  type TaskState,
  type TaskStatus,
} from "@cke/mesos";
import { hasCapability } from "../agent/state/agent-state.ts";
import type { ExecutorBehaviour, ExecutorHost, SimulatedExecutor } from "./executor-behaviour.ts";

export interface RunTask {
  readonly info: TaskInfo;
  readonly group: number | undefined;
  /** As the agent knows it. */
  latest: TaskStatus | undefined;
  delivered: boolean;
  /** As the executor itself knows it: what really runs. */
  live: boolean;
}

/** What a run needs of its agent. */
export interface RunOwner {
  readonly clock: Clock;
  readonly agentId: string;
  readonly hostname: string;
  random(): number;
  /** A status of the executor; kept by the run until the agent takes it. */
  reported(run: SimulatedRun): void;
  messageFrom(run: SimulatedRun, data: string): void;
  exited(run: SimulatedRun, waitStatus: number): void;
}

export const isEnded = (task: RunTask) => task.latest !== undefined && isTerminalTaskState(task.latest.state);

export class SimulatedRun {
  readonly frameworkId: string;
  readonly info: ExecutorInfo;
  /** A task leaves when its terminal update is acknowledged. */
  readonly tasks = new Map<string, RunTask>();
  readonly #owner: RunOwner;
  readonly #behaviour: SimulatedExecutor;
  readonly #timers = new Set<() => void>();
  /** Statuses that no agent has taken yet. */
  readonly #outbox: TaskStatus[] = [];
  alive = true;
  /** The executor has come up and takes tasks. */
  subscribed = false;
  /** It was asked to shut down; no task is given to it any more. */
  terminating = false;
  waitStatus: number | undefined;

  constructor(options: {
    readonly owner: RunOwner;
    readonly frameworkId: string;
    readonly framework: FrameworkInfo;
    readonly info: ExecutorInfo;
    readonly behaviour: ExecutorBehaviour;
    readonly startAfterMs: number;
    readonly onSubscribed: (run: SimulatedRun) => void;
  }) {
    const { owner, frameworkId, framework, info, behaviour, startAfterMs, onSubscribed } = options;
    this.#owner = owner;
    this.frameworkId = frameworkId;
    this.info = info;
    this.#behaviour = behaviour(this.#host(hasCapability(framework, "TASK_KILLING_STATE")));
    this.#after(startAfterMs, () => {
      this.subscribed = true;
      onSubscribed(this);
    });
  }

  get executorId(): string {
    return this.info.executor_id.value;
  }

  addTask(info: TaskInfo, group: number | undefined): void {
    this.tasks.set(info.task_id.value, { info, group, latest: undefined, delivered: false, live: true });
  }

  /** Hands over what the executor does not have yet; a group as one. */
  deliver(): void {
    if (!this.alive || !this.subscribed || this.terminating) return;
    const waiting = [...this.tasks.values()].filter((task) => !task.delivered && !isEnded(task));
    const groups = new Set<number>();
    for (const task of waiting) {
      task.delivered = true;
      if (task.group === undefined) this.#behaviour.launch([task.info]);
      else if (!groups.has(task.group)) {
        groups.add(task.group);
        this.#behaviour.launch(waiting.filter(({ group }) => group === task.group).map(({ info }) => info));
      }
    }
  }

  kill(taskId: string, policy: KillPolicy | undefined): void {
    if (this.alive) this.#behaviour.kill(taskId, policy);
  }

  message(data: string): void {
    if (this.alive && this.subscribed) this.#behaviour.message(data);
  }

  /** Asks it to end; it is killed after the grace. */
  shutdown(graceMs: number): void {
    if (!this.alive || this.terminating) return;
    this.terminating = true;
    this.#after(graceMs, () => this.exit(9));
    this.#behaviour.shutdown();
  }

  /** The agent came back as another one, which refuses this executor. */
  agentLost(): void {
    if (!this.alive) return;
    this.terminating = true;
    if (this.#behaviour.agentLost === undefined) this.exit(1);
    else this.#behaviour.agentLost();
  }

  /** The process is gone, by itself or killed. */
  exit(waitStatus: number): void {
    if (!this.alive) return;
    this.alive = false;
    this.waitStatus = waitStatus;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    for (const task of this.tasks.values()) task.live = false;
    this.#owner.exited(this, waitStatus);
  }

  /** What the executor has reported and the agent has not taken, oldest first. */
  takeReports(): readonly TaskStatus[] {
    return this.#outbox.splice(0);
  }

  #after(ms: number, action: () => void): void {
    const cancel = this.#owner.clock.after(
      ms,
      () => {
        this.#timers.delete(cancel);
        if (this.alive) action();
      },
      { background: true },
    );
    this.#timers.add(cancel);
  }

  #host(killingState: boolean): ExecutorHost {
    const owner = this.#owner;
    return {
      executor: this.info,
      frameworkId: this.frameworkId,
      agentId: owner.agentId,
      hostname: owner.hostname,
      killingState,
      now: () => owner.clock.now(),
      random: () => owner.random(),
      after: (ms, action) => this.#after(ms, action),
      update: (taskId, state, more) => this.#report(taskId, state, more),
      send: (data) => {
        if (this.alive) owner.messageFrom(this, data);
      },
      exit: (waitStatus) => this.exit(waitStatus),
    };
  }

  #report(taskId: string, state: TaskState, more: Partial<TaskStatus> = {}): void {
    if (!this.alive) return;
    const task = this.tasks.get(taskId);
    if (task !== undefined && isTerminalTaskState(state)) task.live = false;
    this.#outbox.push({
      task_id: { value: taskId },
      state,
      source: "SOURCE_EXECUTOR",
      timestamp: this.#owner.clock.now() / 1000,
      uuid: newUuid(),
      ...more,
    });
    this.#owner.reported(this);
  }
}

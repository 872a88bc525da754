// What the agent knows: frameworks, their executor runs, and the tasks of each. Plain mutable records; every change is
// made on the agent's queue. A run is one incarnation of an executor, named by its container id.
import { type ExecutorInfo, type FrameworkInfo, isTerminalTaskState, type TaskInfo, type TaskStatus } from "@cke/mesos";
import type { RunKey } from "../checkpoint/checkpoint.ts";
import type { ExecutorKind, RunRecord, TaskRecord } from "../checkpoint/checkpoint-schema.ts";
import type { ContainedProcess } from "../containerizer/contained-process.ts";
import type { ExecutorStream } from "./executor-stream.ts";

const keptCompleted = 200;

type RunState = "registering" | "running" | "terminating" | "terminated";

/** Why the agent ends a run: becomes the status of its tasks. */
export interface Ending {
  readonly state: "TASK_FAILED" | "TASK_GONE" | "TASK_LOST" | "TASK_DROPPED" | "TASK_KILLED";
  readonly reason: string;
  readonly message: string;
}

export interface AgentTask {
  readonly info: TaskInfo;
  readonly group: string | undefined;
  /** One status per state, oldest first. */
  readonly statuses: TaskStatus[];
  /** Handed to the executor's stream by this agent process, or by an earlier one. */
  delivered: boolean;
  /** Of a task that the agent runs itself. */
  process: ContainedProcess | undefined;
  containerId: string | undefined;
}

export const latestStatus = (task: AgentTask): TaskStatus | undefined => task.statuses.at(-1);

export const taskState = (task: AgentTask) => latestStatus(task)?.state ?? "TASK_STAGING";

export const isEnded = (task: AgentTask) => isTerminalTaskState(taskState(task));

export class ExecutorRun {
  readonly key: RunKey;
  readonly info: ExecutorInfo;
  readonly kind: ExecutorKind;
  readonly sandbox: string;
  readonly checkpoint: boolean;
  /** Without the completed ones: a task leaves when its terminal update is acknowledged. */
  readonly tasks = new Map<string, AgentTask>();
  readonly completed: AgentTask[] = [];
  /** Ends the fetcher. */
  readonly launching = new AbortController();
  state: RunState = "registering";
  subscribed = false;
  /** The executor has reported on a task of its own. */
  served = false;
  stream: ExecutorStream | undefined;
  process: ContainedProcess | undefined;
  ending: Ending | undefined;
  /** Raw wait status of a terminated run, when known. */
  waitStatus: number | undefined;
  /** Cancels the registration timeout or the shutdown grace period. */
  cancelTimer: () => void = () => {};

  constructor(key: RunKey, record: Omit<RunRecord, "subscribed" | "served" | "process" | "container_id">) {
    this.key = key;
    this.info = record.executor_info;
    this.kind = record.kind;
    this.sandbox = record.sandbox;
    this.checkpoint = record.checkpoint;
  }

  record(): RunRecord {
    return {
      executor_info: this.info,
      kind: this.kind,
      container_id: this.key.container,
      sandbox: this.sandbox,
      checkpoint: this.checkpoint,
      subscribed: this.subscribed,
      served: this.served,
      ...(this.process === undefined ? {} : { process: this.process.identity }),
    };
  }

  addTask(info: TaskInfo, group?: string): AgentTask {
    const task: AgentTask = {
      info,
      group,
      statuses: [],
      delivered: false,
      process: undefined,
      containerId: undefined,
    };
    this.tasks.set(info.task_id.value, task);
    return task;
  }

  complete(task: AgentTask): void {
    this.tasks.delete(task.info.task_id.value);
    this.completed.push(task);
    if (this.completed.length > keptCompleted) this.completed.shift();
  }
}

/** True when the executor has got a task, or is about to get one. Without a task nothing would ever end it. */
export function hasPurpose(run: ExecutorRun): boolean {
  return run.served || [...run.tasks.values()].some((task) => !isEnded(task));
}

export function taskRecord(task: AgentTask): TaskRecord {
  return {
    task: task.info,
    ...(task.group === undefined ? {} : { group: task.group }),
    ...(task.process === undefined ? {} : { process: task.process.identity }),
    ...(task.containerId === undefined ? {} : { container_id: task.containerId }),
  };
}

export interface AgentFramework {
  readonly id: string;
  info: FrameworkInfo;
  /** The current run of each executor id. */
  readonly runs: Map<string, ExecutorRun>;
  readonly completedRuns: ExecutorRun[];
  /** The master removed it: no update of it is made or kept any more. */
  removed: boolean;
}

export class AgentState {
  readonly frameworks = new Map<string, AgentFramework>();
  readonly completedFrameworks: AgentFramework[] = [];
  agentId: string | undefined;

  framework(id: string): AgentFramework | undefined {
    return this.frameworks.get(id);
  }

  addFramework(id: string, info: FrameworkInfo): AgentFramework {
    const framework = { id, info, runs: new Map(), completedRuns: [], removed: false };
    this.frameworks.set(id, framework);
    return framework;
  }

  completeFramework(framework: AgentFramework): void {
    this.frameworks.delete(framework.id);
    this.completedFrameworks.push(framework);
    if (this.completedFrameworks.length > keptCompleted) this.completedFrameworks.shift();
  }

  completeRun(framework: AgentFramework, run: ExecutorRun): void {
    if (framework.runs.get(run.key.executor) === run) framework.runs.delete(run.key.executor);
    framework.completedRuns.push(run);
    if (framework.completedRuns.length > keptCompleted) framework.completedRuns.shift();
  }

  runs(): ExecutorRun[] {
    return [...this.frameworks.values()].flatMap((framework) => [...framework.runs.values()]);
  }

  /** The run that has a task which is not completed yet. */
  runOfTask(framework: string, task: string): ExecutorRun | undefined {
    const runs = this.frameworks.get(framework)?.runs.values() ?? [];
    return [...runs].find((run) => run.tasks.has(task));
  }
}

export function hasCapability(info: FrameworkInfo, capability: string): boolean {
  return info.capabilities?.some(({ type }) => type === capability) ?? false;
}

// What an executor of any kind (KubeNode container, virtual machine) implements, and what it is given in return. The core
// talks to Mesos; a driver never does.
import type { LogLevel } from "@cke/foundation";
import type { TaskInfo, TaskState, TaskStatusReason } from "@cke/mesos";

/** States that an executor may report. */
export type ReportedState = Extract<
  TaskState,
  "TASK_STARTING" | "TASK_RUNNING" | "TASK_KILLING" | "TASK_FINISHED" | "TASK_FAILED" | "TASK_KILLED"
>;

/** One report on a task. After a terminal state every further report on that task is dropped. */
export interface TaskUpdate {
  readonly state: ReportedState;
  /** For an operator to read. */
  readonly message?: string;
  readonly healthy?: boolean;
  readonly reason?: TaskStatusReason;
  /** TaskStatus.data: an encoded TaskReport. */
  readonly data?: Uint8Array;
  /** Address of the task, for TaskStatus.container_status. */
  readonly ipAddress?: string;
}

/** A task as the driver sees it. */
export interface LaunchedTask {
  readonly id: string;
  readonly name: string;
  /** TaskInfo.data; empty when there is none. */
  readonly data: Uint8Array;
  readonly info: TaskInfo;
}

/** What a driver may ask of the core. All of it is safe at any time, connected or not. */
export interface ExecutorContext {
  readonly executorId: string;
  readonly frameworkId: string;
  readonly frameworkName: string;
  /** ExecutorInfo.data. */
  readonly executorData: Uint8Array;
  /** The framework understands TASK_KILLING. */
  readonly killingState: boolean;
  /** Host name of the agent. */
  readonly agentHostname: string;
  /** Aborted when the executor is about to exit without touching what runs. */
  readonly signal: AbortSignal;
  update(taskId: string, update: TaskUpdate): void;
  /** A framework message to the scheduler. Mesos delivers it at most once: a sender that needs an answer repeats it. */
  sendMessage(data: Uint8Array): void;
  setLogLevel(level: LogLevel): void;
  /** The driver's work is done: deliver what is pending, then exit. */
  end(): void;
}

export interface KillOptions {
  /** Milliseconds between the request to stop and the kill, by the KillPolicy of the request, or else of the task. Absent: neither has one. */
  readonly graceMs?: number;
}

/**
 * Calls come one after the other, in the order of Mesos' events. Each must return at once and do its work in the background.
 */
export interface ExecutorDriver {
  /** After the first SUBSCRIBED, before any other call. */
  start(context: ExecutorContext): void;
  launch(task: LaunchedTask): void;
  /** A task group: all of its tasks are launched or none, and the failure or kill of one ends all. */
  launchGroup(tasks: readonly LaunchedTask[]): void;
  kill(task: LaunchedTask, options: KillOptions): void;
  message(data: Uint8Array): void;
  /**
   * Ends everything; data stays unless its removal was ordered. Resolves when nothing runs; the core then reports every task
   * that is still open as killed.
   */
  shutdown(): Promise<void>;
  /**
   * The agent stayed away longer than its recovery timeout, or does not know this executor: for Mesos the tasks are over. What must
   * not run beside its replacement ends here; nothing can be reported any more.
   */
  agentLost(): Promise<void>;
  /** Ends the driver's own work and leaves tasks running: the next executor process takes them over. */
  detach(): Promise<void>;
}

// The port for executors of a simulation: the caller implements them, for it knows what its tasks mean. Each executor process
// is one object in memory, and it reaches its agent through its host.
import type { ExecutorInfo, KillPolicy, TaskInfo, TaskState, TaskStatus } from "@cke/mesos";

/** What an executor process has around it. */
export interface ExecutorHost {
  readonly executor: ExecutorInfo;
  readonly frameworkId: string;
  readonly agentId: string;
  readonly hostname: string;
  /** True when the framework has the capability TASK_KILLING_STATE. */
  readonly killingState: boolean;
  /** UNIX time in milliseconds. */
  now(): number;
  /** Numbers in [0,1), of the simulation's seed. */
  random(): number;
  /** Calls back after `ms`, unless the executor is gone by then. */
  after(ms: number, action: () => void): void;
  /** Reports a status; the agent repeats it until the framework acknowledges it. */
  update(taskId: string, state: TaskState, more?: Partial<TaskStatus>): void;
  /** A framework message (base64): delivered at most once. */
  send(data: string): void;
  /** Ends the process; tasks that were not ended fail. */
  exit(waitStatus: number): void;
}

export interface SimulatedExecutor {
  /** One task of LAUNCH, or all of a LAUNCH_GROUP. */
  launch(tasks: readonly TaskInfo[]): void;
  kill(taskId: string, policy: KillPolicy | undefined): void;
  message(data: string): void;
  /** The agent wants it to end: report and exit within the grace period, or be killed. */
  shutdown(): void;
  /** Its agent does not know it any more: nothing can be reported, and it exits itself. Absent: it does so at once. */
  agentLost?(): void;
}

export type ExecutorBehaviour = (host: ExecutorHost) => SimulatedExecutor;

interface PromptOptions {
  /** From LAUNCH to RUNNING, ms. */
  readonly runAfterMs?: number;
  /** From KILL to KILLED, ms. */
  readonly killAfterMs?: number;
}

/** An executor that never fails: STARTING at once, RUNNING and healthy, KILLED when asked; it exits after its last task. */
export function promptExecutor(options: PromptOptions = {}): ExecutorBehaviour {
  const { runAfterMs = 0, killAfterMs = 0 } = options;
  return (host) => {
    const open = new Set<string>();
    const end = (taskId: string) => {
      if (!open.delete(taskId)) return;
      host.update(taskId, "TASK_KILLED");
      if (open.size === 0) host.exit(0);
    };
    return {
      launch: (tasks) => {
        for (const task of tasks) {
          const id = task.task_id.value;
          open.add(id);
          host.update(id, "TASK_STARTING");
          host.after(runAfterMs, () => {
            if (open.has(id)) host.update(id, "TASK_RUNNING", { healthy: true });
          });
        }
      },
      kill: (taskId) => host.after(killAfterMs, () => end(taskId)),
      message: () => {},
      shutdown: () => {
        for (const id of [...open]) end(id);
        host.exit(0);
      },
    };
  };
}

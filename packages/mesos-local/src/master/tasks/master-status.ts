// Statuses that the master makes itself: errors, reconciliation, agent loss. They carry no uuid and are not acknowledged.
import type { AgentID, ExecutorID, TaskID, TaskState, TaskStatus, TaskStatusReason } from "@cke/mesos";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord, TaskRecord } from "../state/records.ts";

interface MasterStatus {
  readonly task_id: TaskID;
  readonly state: TaskState;
  readonly message: string;
  readonly reason: TaskStatusReason;
  readonly agent_id?: AgentID;
  readonly executor_id?: ExecutorID;
  readonly unreachable_time?: { readonly nanoseconds: bigint };
}

/** A status with the master as its source and the time of now. */
export function masterStatus(state: MasterState, status: MasterStatus): TaskStatus {
  return { ...status, source: "SOURCE_MASTER", timestamp: state.seconds() };
}

/** The state that this framework understands: without PARTITION_AWARE it is TASK_LOST. */
export const lostState = (framework: FrameworkRecord, aware: TaskState): TaskState =>
  framework.capabilities.has("PARTITION_AWARE") ? aware : "TASK_LOST";

/** The last known state of a task, with the parts of its latest status that Mesos repeats. */
export function latestStatus(state: MasterState, task: TaskRecord, status: Omit<MasterStatus, "task_id">): TaskStatus {
  const latest = task.statuses.at(-1);
  return masterStatus(state, {
    task_id: task.info.task_id,
    agent_id: { value: task.agentId },
    ...(task.executorId === undefined ? {} : { executor_id: { value: task.executorId } }),
    ...status,
    ...(latest?.healthy === undefined ? {} : { healthy: latest.healthy }),
    ...(latest?.container_status === undefined ? {} : { container_status: latest.container_status }),
  });
}

/** The state of the last update that was sent to the framework, or the known state when there was none. */
export const reportedState = (task: TaskRecord): TaskState => task.forwarded?.state ?? task.state;

// TaskStatus: the message that flows most, so its schema checks only what is read. States are a closed set; reasons grow.
import type * as z from "zod";
import { labelsSchema, timeInfoSchema } from "./common.ts";
import { containerStatusSchema } from "./container.ts";
import { idSchema } from "./ids.ts";
import { resourceSchema } from "./resource.ts";
import { base64, bool, closedEnum, double, message, openEnum, optional, repeated, text } from "./schema.ts";

export const taskStates = [
  "TASK_STAGING",
  "TASK_STARTING",
  "TASK_RUNNING",
  "TASK_KILLING",
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
  "TASK_LOST",
  "TASK_DROPPED",
  "TASK_UNREACHABLE",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
  "TASK_UNKNOWN",
] as const;
export type TaskState = (typeof taskStates)[number];

const terminalStates: ReadonlySet<TaskState> = new Set<TaskState>([
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
  "TASK_LOST",
  "TASK_DROPPED",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
]);

/**
 * True when the task will not run again under this id. TASK_LOST (only without PARTITION_AWARE) counts as terminal as in
 * Mesos; TASK_UNREACHABLE and TASK_UNKNOWN do not: such a task may still run.
 */
export function isTerminalTaskState(state: TaskState): boolean {
  return terminalStates.has(state);
}

export const taskStatusReasons = [
  "REASON_COMMAND_EXECUTOR_FAILED",
  "REASON_CONTAINER_LAUNCH_FAILED",
  "REASON_CONTAINER_LIMITATION",
  "REASON_CONTAINER_LIMITATION_DISK",
  "REASON_CONTAINER_LIMITATION_MEMORY",
  "REASON_CONTAINER_PREEMPTED",
  "REASON_CONTAINER_UPDATE_FAILED",
  "REASON_MAX_COMPLETION_TIME_REACHED",
  "REASON_EXECUTOR_REGISTRATION_TIMEOUT",
  "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
  "REASON_EXECUTOR_TERMINATED",
  "REASON_EXECUTOR_UNREGISTERED",
  "REASON_FRAMEWORK_REMOVED",
  "REASON_GC_ERROR",
  "REASON_INVALID_FRAMEWORKID",
  "REASON_INVALID_OFFERS",
  "REASON_IO_SWITCHBOARD_EXITED",
  "REASON_MASTER_DISCONNECTED",
  "REASON_RECONCILIATION",
  "REASON_RESOURCES_UNKNOWN",
  "REASON_AGENT_DISCONNECTED",
  "REASON_AGENT_DRAINING",
  "REASON_AGENT_REMOVED",
  "REASON_AGENT_REMOVED_BY_OPERATOR",
  "REASON_AGENT_REREGISTERED",
  "REASON_AGENT_RESTARTED",
  "REASON_AGENT_UNKNOWN",
  "REASON_TASK_KILLED_DURING_LAUNCH",
  "REASON_TASK_CHECK_STATUS_UPDATED",
  "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED",
  "REASON_TASK_GROUP_INVALID",
  "REASON_TASK_GROUP_UNAUTHORIZED",
  "REASON_TASK_INVALID",
  "REASON_TASK_UNAUTHORIZED",
  "REASON_TASK_UNKNOWN",
] as const;
export type TaskStatusReason = (typeof taskStatusReasons)[number];

const taskStatusSources = ["SOURCE_MASTER", "SOURCE_AGENT", "SOURCE_EXECUTOR"] as const;

const anything = message({});
const checkStatusInfoSchema = message({
  type: optional(openEnum(["COMMAND", "HTTP", "TCP"])),
  command: optional(anything),
  http: optional(anything),
  tcp: optional(anything),
});
/** The last result of a task's check, in the part that its type names. */
export interface CheckStatusInfo extends z.output<typeof checkStatusInfoSchema> {}

export const taskStatusSchema = message({
  task_id: idSchema,
  state: closedEnum(taskStates),
  message: optional(text),
  source: optional(openEnum(taskStatusSources)),
  reason: optional(openEnum(taskStatusReasons)),
  data: optional(base64),
  agent_id: optional(idSchema),
  executor_id: optional(idSchema),
  timestamp: optional(double),
  uuid: optional(base64),
  healthy: optional(bool),
  check_status: optional(checkStatusInfoSchema),
  labels: optional(labelsSchema),
  container_status: optional(containerStatusSchema),
  unreachable_time: optional(timeInfoSchema),
  limitation: optional(message({ resources: repeated(resourceSchema) })),
});
/** `timestamp` in seconds. Only a status with a `uuid` must be acknowledged: the master's own have none. */
export interface TaskStatus extends z.output<typeof taskStatusSchema> {}

// The internal protocol between the embedded master and its agents. It is not Mesos' own (libprocess) protocol.
//
// Transport. The agent POSTs REGISTER to /cke/v1/agent; the answer is a RecordIO stream of MasterMessages that lives as
// long as the link, with a `Cke-Link-Id` header. AgentMessages go the other way in ordered batches, POSTed one at a time
// to /cke/v1/agent/messages with that header. A batch on a link that is no longer current is answered 409.
//
// Duties of the AGENT: executors, tasks and unacknowledged status updates are durable on its disk; it retries an
// unacknowledged update (one at a time per task, in order): at once after every REGISTERED, otherwise after 10 s, 20 s, …
// capped at 600 s, always with the same uuid, until STATUS_ACKNOWLEDGE. It decides executor timeouts, kills and sandboxes.
// REGISTER names everything it knows, so a task or executor that is missing there does not exist (the master then makes
// the terminal updates of tasks it had sent).
// Duties of the MASTER: frameworks, offers and allocation, the resource ledger, validation, reconciliation, agent
// liveness (PING; a lost agent means TASK_UNREACHABLE, FAILURE, RESCIND); it sends the last unacknowledged update of every
// task again when a framework subscribes again. After its own restart it knows known agents,
// framework ids and completed frameworks from its registry file, and learns tasks from the agents' REGISTER.
import {
  attributeSchema,
  executorInfoSchema,
  frameworkInfoSchema,
  idSchema,
  killPolicySchema,
  resourceSchema,
  taskInfoSchema,
  taskStatusSchema,
} from "@cke/mesos";
import * as z from "zod";

export const registerPath = "/cke/v1/agent";
export const messagesPath = "/cke/v1/agent/messages";
export const linkIdHeader = "cke-link-id";

/** One task as the agent knows it. Completed (terminal and acknowledged) tasks are not listed. */
const checkpointedTaskSchema = z.object({
  task: taskInfoSchema,
  /** The most recent status, acknowledged or not; absent while TASK_STAGING. */
  latest: z.exactOptional(taskStatusSchema),
  /** Updates without an acknowledgement, oldest first. */
  unacknowledged: z.array(taskStatusSchema).default([]),
});
export type CheckpointedTask = z.infer<typeof checkpointedTaskSchema>;

const checkpointedExecutorSchema = z.object({
  /** For a command task: the executor the agent made for it (executor id = task id). */
  executor_info: executorInfoSchema,
  /** True when the agent made the executor for a task that has a `command` instead of an `executor`. */
  command_executor: z.boolean().default(false),
  tasks: z.array(checkpointedTaskSchema),
});
export type CheckpointedExecutor = z.infer<typeof checkpointedExecutorSchema>;

const checkpointedFrameworkSchema = z.object({
  framework_id: idSchema,
  framework_info: frameworkInfoSchema,
  executors: z.array(checkpointedExecutorSchema),
});
export type CheckpointedFramework = z.infer<typeof checkpointedFrameworkSchema>;

export const registerSchema = z.object({
  type: z.literal("REGISTER"),
  /** The id that the master gave in an earlier REGISTERED; absent for a new agent. */
  agent_id: z.exactOptional(idSchema),
  hostname: z.string().min(1),
  ip: z.string().min(1),
  port: z.number().int().min(1).max(65535),
  resources: z.array(resourceSchema),
  attributes: z.array(attributeSchema).default([]),
  frameworks: z.array(checkpointedFrameworkSchema).default([]),
  version: z.string(),
});
export type RegisterMessage = z.infer<typeof registerSchema>;

/** Agent → master, after REGISTER. */
const agentMessageSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("STATUS_UPDATE"),
    framework_id: idSchema,
    /** The update to forward: uuid set, agent_id set, executor_id set when an executor is known. */
    status: taskStatusSchema,
    /** The newest state of the task, when newer updates wait behind this one; releases resources early. */
    latest_state: z.exactOptional(z.string()),
  }),
  z.object({ type: z.literal("FRAMEWORK_MESSAGE"), framework_id: idSchema, executor_id: idSchema, data: z.string() }),
  z.object({
    type: z.literal("EXECUTOR_EXITED"),
    framework_id: idSchema,
    executor_id: idSchema,
    /** Raw wait status: exit code 7 is 1792, SIGKILL is 9; absent when unknown. */
    status: z.exactOptional(z.number().int()),
  }),
  z.object({ type: z.literal("PONG") }),
  /** The agent stops for good; its tasks are gone. */
  z.object({ type: z.literal("UNREGISTER") }),
]);
export type AgentMessage = z.infer<typeof agentMessageSchema>;

export const agentBatchSchema = z.object({ messages: z.array(agentMessageSchema) });

/** Master → agent. */
export const masterMessageSchema = z.discriminatedUnion("type", [
  /** First message of every link. `ping_timeout_seconds`: without a message for that long the agent should reconnect. */
  z.object({
    type: z.literal("REGISTERED"),
    agent_id: idSchema,
    master_id: z.string(),
    ping_timeout_seconds: z.number(),
  }),
  z.object({
    type: z.literal("RUN_TASK"),
    framework_id: idSchema,
    framework_info: frameworkInfoSchema,
    /** Absent for a command task: the agent then makes the executor itself. */
    executor_info: z.exactOptional(executorInfoSchema),
    task: taskInfoSchema,
  }),
  z.object({
    type: z.literal("RUN_TASK_GROUP"),
    framework_id: idSchema,
    framework_info: frameworkInfoSchema,
    executor_info: executorInfoSchema,
    /** All or nothing; delivered to the executor as one LAUNCH_GROUP. */
    tasks: z.array(taskInfoSchema).min(1),
  }),
  z.object({
    type: z.literal("KILL_TASK"),
    framework_id: idSchema,
    task_id: idSchema,
    kill_policy: z.exactOptional(killPolicySchema),
  }),
  z.object({ type: z.literal("SHUTDOWN_EXECUTOR"), framework_id: idSchema, executor_id: idSchema }),
  /** The framework is gone: shut its executors down, forget them, send no more updates. */
  z.object({ type: z.literal("SHUTDOWN_FRAMEWORK"), framework_id: idSchema }),
  z.object({ type: z.literal("FRAMEWORK_MESSAGE"), framework_id: idSchema, executor_id: idSchema, data: z.string() }),
  z.object({ type: z.literal("STATUS_ACKNOWLEDGE"), framework_id: idSchema, task_id: idSchema, uuid: z.string() }),
  z.object({ type: z.literal("UPDATE_FRAMEWORK"), framework_id: idSchema, framework_info: frameworkInfoSchema }),
  /** The agent's new total (dynamic reservations, volumes): make it durable and report it in the next REGISTER. */
  z.object({ type: z.literal("CHECKPOINT_RESOURCES"), resources: z.array(resourceSchema) }),
  /** Answer with PONG. */
  z.object({ type: z.literal("PING") }),
  /** The master refuses or drops this agent for good (for example: it was marked gone); do not reconnect. */
  z.object({ type: z.literal("SHUTDOWN"), message: z.string() }),
]);
export type MasterMessage = z.infer<typeof masterMessageSchema>;

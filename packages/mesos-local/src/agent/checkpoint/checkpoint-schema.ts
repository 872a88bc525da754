// What the agent keeps on disk, validated when it is read back. All of it is written by this agent or an earlier version.
import { executorInfoSchema, frameworkInfoSchema, resourceSchema, taskInfoSchema, taskStatusSchema } from "@cke/mesos";
import * as z from "zod";

export const agentRecordSchema = z.object({
  agent_id: z.exactOptional(z.string()),
  port: z.number(),
  /** The total that the master made durable (CHECKPOINT_RESOURCES); the options' resources otherwise. */
  resources: z.exactOptional(z.array(resourceSchema)),
});
export type AgentRecord = z.output<typeof agentRecordSchema>;

export const frameworkRecordSchema = z.object({ framework_info: frameworkInfoSchema });

/** Who drives the tasks of a run: an executor process, or the agent itself. */
const executorKinds = ["custom", "command", "default"] as const;
export type ExecutorKind = (typeof executorKinds)[number];

const processRecordSchema = z.object({
  pid: z.number(),
  startTime: z.number(),
  bootId: z.string(),
  mark: z.string().optional(),
});

export const runRecordSchema = z.object({
  executor_info: executorInfoSchema,
  kind: z.enum(executorKinds),
  container_id: z.string(),
  sandbox: z.string(),
  /** True when the framework checkpoints: the run goes on without the agent. */
  checkpoint: z.boolean(),
  /** Set before the executor gets its first event. */
  subscribed: z.boolean(),
  /** Set before the first update of the executor is stored. A record without it, from an earlier version, counts as served. */
  served: z.boolean().default(true),
  /** The executor's process, stored before it may run. */
  process: z.exactOptional(processRecordSchema),
});
export type RunRecord = z.output<typeof runRecordSchema>;

export const taskRecordSchema = z.object({
  task: taskInfoSchema,
  /** Tasks of one LAUNCH_GROUP have the same. */
  group: z.exactOptional(z.string()),
  /** The task's own process, when the agent itself runs the command. */
  process: z.exactOptional(processRecordSchema),
  container_id: z.exactOptional(z.string()),
});
export type TaskRecord = z.output<typeof taskRecordSchema>;

/** One line of a task's updates: an update, or the acknowledgement of the oldest one without. */
export const updateLineSchema = z.union([
  z.object({ update: taskStatusSchema }),
  z.object({ acknowledged: z.string() }),
]);
export type UpdateLine = z.output<typeof updateLineSchema>;

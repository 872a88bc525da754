// The parts of Mesos' v1 messages that master and agent look into, as schemas. Every other field passes through
// untouched (loose objects), so that an ExecutorInfo reaches its executor exactly as the framework wrote it.
// Field names and meanings: apache/mesos include/mesos/v1/mesos.proto. Bytes stay base64, uuids too.
import { z } from "zod";

export const idSchema = z.looseObject({ value: z.string() });

export const resourceSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  scalar: z.looseObject({ value: z.number() }).optional(),
  ranges: z.looseObject({ range: z.array(z.looseObject({ begin: z.number(), end: z.number() })) }).optional(),
  set: z.looseObject({ item: z.array(z.string()) }).optional(),
  role: z.string().optional(),
  allocation_info: z.looseObject({ role: z.string().optional() }).optional(),
  reservation: z.looseObject({}).optional(),
  reservations: z.array(z.looseObject({ role: z.string().optional() })).optional(),
});
export type Resource = z.infer<typeof resourceSchema>;

export const attributeSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  scalar: z.looseObject({ value: z.number() }).optional(),
  text: z.looseObject({ value: z.string() }).optional(),
});
export type Attribute = z.infer<typeof attributeSchema>;

export const commandInfoSchema = z.looseObject({
  shell: z.boolean().optional(),
  value: z.string().optional(),
  user: z.string().optional(),
  arguments: z.array(z.string()).optional(),
  uris: z
    .array(
      z.looseObject({
        value: z.string(),
        executable: z.boolean().optional(),
        extract: z.boolean().optional(),
        cache: z.boolean().optional(),
        output_file: z.string().optional(),
      }),
    )
    .optional(),
  environment: z
    .looseObject({ variables: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional() })
    .optional(),
});
export type CommandInfo = z.infer<typeof commandInfoSchema>;

export const frameworkInfoSchema = z.looseObject({
  user: z.string(),
  name: z.string(),
  id: idSchema.optional(),
  failover_timeout: z.number().optional(),
  checkpoint: z.boolean().optional(),
  role: z.string().optional(),
  roles: z.array(z.string()).optional(),
  hostname: z.string().optional(),
  principal: z.string().optional(),
  webui_url: z.string().optional(),
  capabilities: z.array(z.looseObject({ type: z.string().optional() })).optional(),
});
export type FrameworkInfo = z.infer<typeof frameworkInfoSchema>;

export const executorInfoSchema = z.looseObject({
  type: z.string().optional(),
  executor_id: idSchema,
  framework_id: idSchema.optional(),
  name: z.string().optional(),
  source: z.string().optional(),
  command: commandInfoSchema.optional(),
  resources: z.array(resourceSchema).optional(),
  shutdown_grace_period: z.looseObject({ nanoseconds: z.union([z.number(), z.bigint()]) }).optional(),
});
export type ExecutorInfo = z.infer<typeof executorInfoSchema>;

export const killPolicySchema = z.looseObject({
  grace_period: z.looseObject({ nanoseconds: z.union([z.number(), z.bigint()]) }).optional(),
});
export type KillPolicy = z.infer<typeof killPolicySchema>;

export const taskInfoSchema = z.looseObject({
  name: z.string(),
  task_id: idSchema,
  agent_id: idSchema,
  resources: z.array(resourceSchema).optional(),
  executor: executorInfoSchema.optional(),
  command: commandInfoSchema.optional(),
  kill_policy: killPolicySchema.optional(),
});
export type TaskInfo = z.infer<typeof taskInfoSchema>;

export const taskStatusSchema = z.looseObject({
  task_id: idSchema,
  state: z.string(),
  message: z.string().optional(),
  source: z.string().optional(),
  reason: z.string().optional(),
  agent_id: idSchema.optional(),
  executor_id: idSchema.optional(),
  timestamp: z.number().optional(),
  uuid: z.string().optional(),
  healthy: z.boolean().optional(),
});
export type TaskStatus = z.infer<typeof taskStatusSchema>;

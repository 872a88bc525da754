// What a framework launches: ExecutorInfo, TaskInfo, TaskGroupInfo, and their checks.
import type * as z from "zod";
import { commandInfoSchema } from "./command.ts";
import { durationInfoSchema, labelsSchema } from "./common.ts";
import { containerInfoSchema } from "./container.ts";
import { idSchema } from "./ids.ts";
import { resourceSchema } from "./resource.ts";
import { base64, double, integer, mapOf, message, openEnum, optional, repeated, text } from "./schema.ts";
import { scalarSchema } from "./value.ts";

export const killPolicySchema = message({ grace_period: optional(durationInfoSchema) });
export interface KillPolicy extends z.output<typeof killPolicySchema> {}

const checkTimes = {
  delay_seconds: optional(double),
  interval_seconds: optional(double),
  timeout_seconds: optional(double),
} as const;

const healthCheckSchema = message({
  ...checkTimes,
  type: optional(openEnum(["COMMAND", "HTTP", "TCP"])),
  consecutive_failures: optional(integer),
  grace_period_seconds: optional(double),
  command: optional(commandInfoSchema),
  http: optional(
    message({
      protocol: optional(text),
      scheme: optional(text),
      port: integer,
      path: optional(text),
      statuses: repeated(integer),
    }),
  ),
  tcp: optional(message({ protocol: optional(text), port: integer })),
});
/** Seconds default to 15 (delay), 10 (interval), 20 (timeout), 10 (grace). */
export interface HealthCheck extends z.output<typeof healthCheckSchema> {}

const checkInfoSchema = message({
  ...checkTimes,
  type: optional(openEnum(["COMMAND", "HTTP", "TCP"])),
  command: optional(message({ command: commandInfoSchema })),
  http: optional(message({ port: integer, path: optional(text) })),
  tcp: optional(message({ port: integer })),
});
export interface CheckInfo extends z.output<typeof checkInfoSchema> {}

const discoveryInfoSchema = message({
  visibility: openEnum(["FRAMEWORK", "CLUSTER", "EXTERNAL"]),
  name: optional(text),
  environment: optional(text),
  location: optional(text),
  version: optional(text),
  ports: optional(
    message({
      ports: repeated(
        message({
          number: integer,
          name: optional(text),
          protocol: optional(text),
          visibility: optional(text),
          labels: optional(labelsSchema),
        }),
      ),
    }),
  ),
  labels: optional(labelsSchema),
});
export interface DiscoveryInfo extends z.output<typeof discoveryInfoSchema> {}

export const executorInfoSchema = message({
  type: optional(openEnum(["DEFAULT", "CUSTOM"])),
  executor_id: idSchema,
  framework_id: optional(idSchema),
  command: optional(commandInfoSchema),
  container: optional(containerInfoSchema),
  resources: repeated(resourceSchema),
  name: optional(text),
  source: optional(text),
  data: optional(base64),
  discovery: optional(discoveryInfoSchema),
  shutdown_grace_period: optional(durationInfoSchema),
  labels: optional(labelsSchema),
});
export interface ExecutorInfo extends z.output<typeof executorInfoSchema> {}

export const taskInfoSchema = message({
  name: text,
  task_id: idSchema,
  agent_id: idSchema,
  resources: repeated(resourceSchema),
  executor: optional(executorInfoSchema),
  command: optional(commandInfoSchema),
  container: optional(containerInfoSchema),
  health_check: optional(healthCheckSchema),
  check: optional(checkInfoSchema),
  kill_policy: optional(killPolicySchema),
  data: optional(base64),
  labels: optional(labelsSchema),
  discovery: optional(discoveryInfoSchema),
  max_completion_time: optional(durationInfoSchema),
  limits: mapOf(scalarSchema),
});
export interface TaskInfo extends z.output<typeof taskInfoSchema> {}

export const taskGroupInfoSchema = message({ tasks: repeated(taskInfoSchema) });
export interface TaskGroupInfo extends z.output<typeof taskGroupInfoSchema> {}

// Events of the v1 executor API: what the agent sends on the stream of SUBSCRIBE.
import * as z from "zod";
import { agentInfoSchema, frameworkInfoSchema } from "../framework.ts";
import { containerIdSchema, idSchema } from "../ids.ts";
import { base64, message, optional, text } from "../schema.ts";
import { executorInfoSchema, killPolicySchema, taskGroupInfoSchema, taskInfoSchema } from "../task.ts";
import { eventParser, type UnknownEvent, type VariantOf } from "./variants.ts";

/** One schema per event type. */
const executorEventSchemas = {
  SUBSCRIBED: message({
    type: z.literal("SUBSCRIBED"),
    subscribed: message({
      executor_info: executorInfoSchema,
      framework_info: frameworkInfoSchema,
      agent_info: agentInfoSchema,
      container_id: optional(containerIdSchema),
    }),
  }),
  LAUNCH: message({ type: z.literal("LAUNCH"), launch: message({ task: taskInfoSchema }) }),
  LAUNCH_GROUP: message({
    type: z.literal("LAUNCH_GROUP"),
    launch_group: message({ task_group: taskGroupInfoSchema }),
  }),
  KILL: message({
    type: z.literal("KILL"),
    kill: message({ task_id: idSchema, kill_policy: optional(killPolicySchema) }),
  }),
  /** The agent has stored the update; it says nothing about the scheduler. */
  ACKNOWLEDGED: message({
    type: z.literal("ACKNOWLEDGED"),
    acknowledged: message({ task_id: idSchema, uuid: base64 }),
  }),
  MESSAGE: message({ type: z.literal("MESSAGE"), message: message({ data: base64 }) }),
  ERROR: message({ type: z.literal("ERROR"), error: message({ message: text }) }),
  SHUTDOWN: message({ type: z.literal("SHUTDOWN") }),
  HEARTBEAT: message({ type: z.literal("HEARTBEAT") }),
} as const;

/** Every event the library understands. */
export type KnownExecutorEvent = VariantOf<typeof executorEventSchemas>;
export type ExecutorEvent = KnownExecutorEvent | UnknownEvent;

const table = new Map<string, z.ZodType<KnownExecutorEvent>>(Object.entries(executorEventSchemas));

/** Reads one event of the stream (already parsed JSON); never throws. */
export const parseExecutorEvent = eventParser(table);

// Calls of the v1 executor API: what an executor posts to /api/v1/executor of its agent.
import * as z from "zod";
import { idSchema } from "../ids.ts";
import { base64, message, repeated } from "../schema.ts";
import { taskInfoSchema } from "../task.ts";
import { taskStatusSchema } from "../task-status.ts";
import { callParser, type VariantOf } from "./variants.ts";

const ids = { executor_id: idSchema, framework_id: idSchema } as const;

const executorUpdateSchema = message({ status: taskStatusSchema });
/** A status that an executor sends: `source: "SOURCE_EXECUTOR"`, an RFC 4122 v4 uuid, never TASK_STAGING. */
export interface ExecutorUpdate extends z.output<typeof executorUpdateSchema> {}

/** One schema per call type. */
const executorCallSchemas = {
  SUBSCRIBE: message({
    ...ids,
    type: z.literal("SUBSCRIBE"),
    subscribe: message({
      unacknowledged_tasks: repeated(taskInfoSchema),
      unacknowledged_updates: repeated(executorUpdateSchema),
    }),
  }),
  UPDATE: message({ ...ids, type: z.literal("UPDATE"), update: executorUpdateSchema }),
  MESSAGE: message({ ...ids, type: z.literal("MESSAGE"), message: message({ data: base64 }) }),
  HEARTBEAT: message({ ...ids, type: z.literal("HEARTBEAT") }),
} as const;

type ExecutorCallType = keyof typeof executorCallSchemas;
export type ExecutorCall = VariantOf<typeof executorCallSchemas>;
/** The call of one type: `ExecutorCallOf<"UPDATE">`. */
export type ExecutorCallOf<Type extends ExecutorCallType> = z.output<(typeof executorCallSchemas)[Type]>;

const table = new Map<string, z.ZodType<ExecutorCall>>(Object.entries(executorCallSchemas));

/** Reads a call (already parsed JSON); throws MesosProtocolError with the path of what is wrong. */
export const parseExecutorCall = callParser(table);

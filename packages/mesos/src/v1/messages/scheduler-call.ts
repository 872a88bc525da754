// Calls of the v1 scheduler API: what a framework posts to /api/v1/scheduler.
import * as z from "zod";
import { frameworkInfoSchema, offerConstraintsSchema } from "../framework.ts";
import { idSchema } from "../ids.ts";
import { filtersSchema, operationSchema } from "../offer.ts";
import { resourceSchema } from "../resource.ts";
import { base64, message, optional, repeated, text } from "../schema.ts";
import { killPolicySchema } from "../task.ts";
import { callParser, type VariantOf } from "./variants.ts";

const framework_id = optional(idSchema);
const filters = optional(filtersSchema);
const roles = message({ roles: repeated(text) });
const subscription = message({
  framework_info: frameworkInfoSchema,
  suppressed_roles: repeated(text),
  offer_constraints: optional(offerConstraintsSchema),
});
const inverse = message({ inverse_offer_ids: repeated(idSchema), filters });

/** One schema per call type. */
const schedulerCallSchemas = {
  SUBSCRIBE: message({ type: z.literal("SUBSCRIBE"), framework_id, subscribe: subscription }),
  TEARDOWN: message({ type: z.literal("TEARDOWN"), framework_id }),
  ACCEPT: message({
    type: z.literal("ACCEPT"),
    framework_id,
    accept: message({ offer_ids: repeated(idSchema), operations: repeated(operationSchema), filters }),
  }),
  DECLINE: message({
    type: z.literal("DECLINE"),
    framework_id,
    decline: message({ offer_ids: repeated(idSchema), filters }),
  }),
  ACCEPT_INVERSE_OFFERS: message({
    type: z.literal("ACCEPT_INVERSE_OFFERS"),
    framework_id,
    accept_inverse_offers: inverse,
  }),
  DECLINE_INVERSE_OFFERS: message({
    type: z.literal("DECLINE_INVERSE_OFFERS"),
    framework_id,
    decline_inverse_offers: inverse,
  }),
  REVIVE: message({ type: z.literal("REVIVE"), framework_id, revive: optional(roles) }),
  SUPPRESS: message({ type: z.literal("SUPPRESS"), framework_id, suppress: optional(roles) }),
  KILL: message({
    type: z.literal("KILL"),
    framework_id,
    kill: message({ task_id: idSchema, agent_id: optional(idSchema), kill_policy: optional(killPolicySchema) }),
  }),
  SHUTDOWN: message({
    type: z.literal("SHUTDOWN"),
    framework_id,
    shutdown: message({ executor_id: idSchema, agent_id: idSchema }),
  }),
  ACKNOWLEDGE: message({
    type: z.literal("ACKNOWLEDGE"),
    framework_id,
    acknowledge: message({ agent_id: idSchema, task_id: idSchema, uuid: base64 }),
  }),
  ACKNOWLEDGE_OPERATION_STATUS: message({
    type: z.literal("ACKNOWLEDGE_OPERATION_STATUS"),
    framework_id,
    acknowledge_operation_status: message({
      agent_id: optional(idSchema),
      resource_provider_id: optional(idSchema),
      uuid: base64,
      operation_id: idSchema,
    }),
  }),
  /** Without tasks: implicit reconciliation, the master reports every task it knows of. */
  RECONCILE: message({
    type: z.literal("RECONCILE"),
    framework_id,
    reconcile: message({ tasks: repeated(message({ task_id: idSchema, agent_id: optional(idSchema) })) }),
  }),
  RECONCILE_OPERATIONS: message({
    type: z.literal("RECONCILE_OPERATIONS"),
    framework_id,
    reconcile_operations: message({
      operations: repeated(
        message({ operation_id: idSchema, agent_id: optional(idSchema), resource_provider_id: optional(idSchema) }),
      ),
    }),
  }),
  MESSAGE: message({
    type: z.literal("MESSAGE"),
    framework_id,
    message: message({ agent_id: idSchema, executor_id: idSchema, data: base64 }),
  }),
  REQUEST: message({
    type: z.literal("REQUEST"),
    framework_id,
    request: message({
      requests: repeated(message({ agent_id: optional(idSchema), resources: repeated(resourceSchema) })),
    }),
  }),
  UPDATE_FRAMEWORK: message({ type: z.literal("UPDATE_FRAMEWORK"), framework_id, update_framework: subscription }),
} as const;

type SchedulerCallType = keyof typeof schedulerCallSchemas;
export type SchedulerCall = VariantOf<typeof schedulerCallSchemas>;
/** The call of one type: `SchedulerCallOf<"ACCEPT">`. */
export type SchedulerCallOf<Type extends SchedulerCallType> = z.output<(typeof schedulerCallSchemas)[Type]>;

const table = new Map<string, z.ZodType<SchedulerCall>>(Object.entries(schedulerCallSchemas));

/** Reads a call (already parsed JSON); throws MesosProtocolError with the path of what is wrong. */
export const parseSchedulerCall = callParser(table);

// Events of the v1 scheduler API: what the master sends on the stream of SUBSCRIBE.
import * as z from "zod";
import { frameworkInfoSchema, masterInfoSchema } from "../framework.ts";
import { idSchema } from "../ids.ts";
import { inverseOfferSchema, offerSchema, operationStatusSchema } from "../offer.ts";
import { base64, double, integer, message, optional, repeated, text } from "../schema.ts";
import { taskStatusSchema } from "../task-status.ts";
import { eventParser, type UnknownEvent, type VariantOf } from "./variants.ts";

/** One schema per event type. */
const schedulerEventSchemas = {
  SUBSCRIBED: message({
    type: z.literal("SUBSCRIBED"),
    subscribed: message({
      framework_id: idSchema,
      heartbeat_interval_seconds: optional(double),
      master_info: optional(masterInfoSchema),
      framework_info: optional(frameworkInfoSchema),
    }),
  }),
  OFFERS: message({ type: z.literal("OFFERS"), offers: message({ offers: repeated(offerSchema) }) }),
  INVERSE_OFFERS: message({
    type: z.literal("INVERSE_OFFERS"),
    inverse_offers: message({ inverse_offers: repeated(inverseOfferSchema) }),
  }),
  RESCIND: message({ type: z.literal("RESCIND"), rescind: message({ offer_id: idSchema }) }),
  RESCIND_INVERSE_OFFER: message({
    type: z.literal("RESCIND_INVERSE_OFFER"),
    rescind_inverse_offer: message({ inverse_offer_id: idSchema }),
  }),
  UPDATE: message({ type: z.literal("UPDATE"), update: message({ status: taskStatusSchema }) }),
  UPDATE_OPERATION_STATUS: message({
    type: z.literal("UPDATE_OPERATION_STATUS"),
    update_operation_status: message({ status: operationStatusSchema }),
  }),
  MESSAGE: message({
    type: z.literal("MESSAGE"),
    message: message({ agent_id: idSchema, executor_id: idSchema, data: base64 }),
  }),
  /** An executor ended (`status` is the raw wait status), or, with only an agent_id, an agent was lost. */
  FAILURE: message({
    type: z.literal("FAILURE"),
    failure: message({ agent_id: optional(idSchema), executor_id: optional(idSchema), status: optional(integer) }),
  }),
  ERROR: message({ type: z.literal("ERROR"), error: message({ message: text }) }),
  HEARTBEAT: message({ type: z.literal("HEARTBEAT") }),
} as const;

type SchedulerEventType = keyof typeof schedulerEventSchemas;
/** Every event the library understands. */
export type KnownSchedulerEvent = VariantOf<typeof schedulerEventSchemas>;
export type SchedulerEvent = KnownSchedulerEvent | UnknownEvent;
/** The event of one type: `SchedulerEventOf<"UPDATE">`. */
export type SchedulerEventOf<Type extends SchedulerEventType> = z.output<(typeof schedulerEventSchemas)[Type]>;

const table = new Map<string, z.ZodType<KnownSchedulerEvent>>(Object.entries(schedulerEventSchemas));

/** Reads one event of the stream (already parsed JSON); never throws. */
export const parseSchedulerEvent = eventParser(table);

// Offers, the operations that accept them, and the status of operations.
import type * as z from "zod";
import { unavailabilitySchema, urlSchema } from "./common.ts";
import { domainInfoSchema } from "./framework.ts";
import { idSchema, uuidSchema } from "./ids.ts";
import { allocationInfoSchema, resourceSchema } from "./resource.ts";
import { closedEnum, double, message, openEnum, optional, repeated, text } from "./schema.ts";
import { executorInfoSchema, taskGroupInfoSchema, taskInfoSchema } from "./task.ts";
import { attributeSchema, scalarSchema } from "./value.ts";

export const offerSchema = message({
  id: idSchema,
  framework_id: idSchema,
  agent_id: idSchema,
  hostname: text,
  url: optional(urlSchema),
  domain: optional(domainInfoSchema),
  resources: repeated(resourceSchema),
  attributes: repeated(attributeSchema),
  executor_ids: repeated(idSchema),
  unavailability: optional(unavailabilitySchema),
  allocation_info: optional(allocationInfoSchema),
});
/** Without the MULTI_ROLE capability there is no `allocation_info`. */
export interface Offer extends z.output<typeof offerSchema> {}

export const inverseOfferSchema = message({
  id: idSchema,
  url: optional(urlSchema),
  framework_id: idSchema,
  agent_id: optional(idSchema),
  unavailability: unavailabilitySchema,
  resources: repeated(resourceSchema),
});
/** Asks for resources back before a maintenance window. */
export interface InverseOffer extends z.output<typeof inverseOfferSchema> {}

export const filtersSchema = message({ refuse_seconds: optional(double) });
/** How long declined (or unused) resources are not offered again: 5 s when absent; rounded up to the allocator's second. */
export interface Filters extends z.output<typeof filtersSchema> {}

const operationTypes = [
  "LAUNCH",
  "LAUNCH_GROUP",
  "RESERVE",
  "UNRESERVE",
  "CREATE",
  "DESTROY",
  "GROW_VOLUME",
  "SHRINK_VOLUME",
  "CREATE_DISK",
  "DESTROY_DISK",
] as const;

const resourcesSchema = message({ resources: repeated(resourceSchema) });
const volumesSchema = message({ volumes: repeated(resourceSchema) });

export const operationSchema = message({
  type: optional(openEnum(operationTypes)),
  id: optional(idSchema),
  launch: optional(message({ task_infos: repeated(taskInfoSchema) })),
  launch_group: optional(message({ executor: executorInfoSchema, task_group: taskGroupInfoSchema })),
  reserve: optional(message({ source: repeated(resourceSchema), resources: repeated(resourceSchema) })),
  unreserve: optional(resourcesSchema),
  create: optional(volumesSchema),
  destroy: optional(volumesSchema),
  grow_volume: optional(message({ volume: resourceSchema, addition: resourceSchema })),
  shrink_volume: optional(message({ volume: resourceSchema, subtract: scalarSchema })),
  create_disk: optional(message({ source: resourceSchema, target_type: text, target_profile: optional(text) })),
  destroy_disk: optional(message({ source: resourceSchema })),
});
/** Operations of one ACCEPT are applied in order; one with an `id` is answered by UPDATE_OPERATION_STATUS. */
export interface Operation extends z.output<typeof operationSchema> {}

export const operationStates = [
  "OPERATION_UNSUPPORTED",
  "OPERATION_PENDING",
  "OPERATION_FINISHED",
  "OPERATION_FAILED",
  "OPERATION_ERROR",
  "OPERATION_DROPPED",
  "OPERATION_UNREACHABLE",
  "OPERATION_GONE_BY_OPERATOR",
  "OPERATION_RECOVERING",
  "OPERATION_UNKNOWN",
] as const;
export type OperationState = (typeof operationStates)[number];

export const operationStatusSchema = message({
  operation_id: optional(idSchema),
  state: closedEnum(operationStates),
  message: optional(text),
  converted_resources: repeated(resourceSchema),
  uuid: optional(uuidSchema),
  agent_id: optional(idSchema),
  resource_provider_id: optional(idSchema),
});
/** Unlike a task's, the `uuid` is a message with `value`. Only one with a uuid must be acknowledged. */
export interface OperationStatus extends z.output<typeof operationStatusSchema> {}

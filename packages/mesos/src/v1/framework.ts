// Who takes part: FrameworkInfo, MasterInfo, AgentInfo, and what a framework says about the offers it wants.
import type * as z from "zod";
import { addressSchema, labelsSchema } from "./common.ts";
import { idSchema } from "./ids.ts";
import { resourceSchema } from "./resource.ts";
import { bool, double, integer, mapOf, message, openEnum, optional, repeated, text } from "./schema.ts";
import { attributeSchema, scalarSchema } from "./value.ts";

const frameworkCapabilities = [
  "REVOCABLE_RESOURCES",
  "TASK_KILLING_STATE",
  "GPU_RESOURCES",
  "SHARED_RESOURCES",
  "PARTITION_AWARE",
  "MULTI_ROLE",
  "RESERVATION_REFINEMENT",
  "REGION_AWARE",
] as const;

const quantitiesSchema = message({ quantities: mapOf(scalarSchema) });
const offerFiltersSchema = message({
  min_allocatable_resources: optional(message({ quantities: repeated(quantitiesSchema) })),
});
/** Smallest offers a role wants to see (any of the quantities). */
export interface OfferFilters extends z.output<typeof offerFiltersSchema> {}

export const frameworkInfoSchema = message({
  user: text,
  name: text,
  id: optional(idSchema),
  failover_timeout: optional(double),
  checkpoint: optional(bool),
  role: optional(text),
  roles: repeated(text),
  hostname: optional(text),
  principal: optional(text),
  webui_url: optional(text),
  capabilities: repeated(message({ type: optional(openEnum(frameworkCapabilities)) })),
  labels: optional(labelsSchema),
  offer_filters: mapOf(offerFiltersSchema),
});
/** `failover_timeout` in seconds. `user`, `principal` and `checkpoint` cannot change once the framework is registered. */
export interface FrameworkInfo extends z.output<typeof frameworkInfoSchema> {}

export const domainInfoSchema = message({
  fault_domain: optional(message({ region: message({ name: text }), zone: message({ name: text }) })),
});
export interface DomainInfo extends z.output<typeof domainInfoSchema> {}

export const masterInfoSchema = message({
  id: text,
  ip: integer,
  port: integer,
  pid: optional(text),
  hostname: optional(text),
  version: optional(text),
  address: optional(addressSchema),
  domain: optional(domainInfoSchema),
  capabilities: repeated(message({ type: optional(text) })),
});
export interface MasterInfo extends z.output<typeof masterInfoSchema> {}

export const agentInfoSchema = message({
  hostname: text,
  port: optional(integer),
  resources: repeated(resourceSchema),
  attributes: repeated(attributeSchema),
  id: optional(idSchema),
  domain: optional(domainInfoSchema),
});
export interface AgentInfo extends z.output<typeof agentInfoSchema> {}

const empty = message({});
const attributeConstraintSchema = message({
  selector: message({
    pseudoattribute_type: optional(openEnum(["HOSTNAME", "REGION", "ZONE"])),
    attribute_name: optional(text),
  }),
  predicate: message({
    exists: optional(empty),
    not_exists: optional(empty),
    text_equals: optional(message({ value: text })),
    text_not_equals: optional(message({ value: text })),
    text_matches: optional(message({ regex: text })),
    text_not_matches: optional(message({ regex: text })),
  }),
});
export interface AttributeConstraint extends z.output<typeof attributeConstraintSchema> {}

export const offerConstraintsSchema = message({
  role_constraints: mapOf(
    message({ groups: repeated(message({ attribute_constraints: repeated(attributeConstraintSchema) })) }),
  ),
});
/** Per role: offers pass when every constraint of any group holds (Mesos 1.11 and later). */
export interface OfferConstraints extends z.output<typeof offerConstraintsSchema> {}

// Small messages that many others share: labels, times, addresses, parameters.
import type * as z from "zod";
import { int64, integer, message, optional, repeated, text } from "./schema.ts";

const labelSchema = message({ key: text, value: optional(text) });
export interface Label extends z.output<typeof labelSchema> {}

export const labelsSchema = message({ labels: repeated(labelSchema) });
export interface Labels extends z.output<typeof labelsSchema> {}

/** Nanoseconds since 1970: beyond 2^53, so usually a bigint. */
export const timeInfoSchema = message({ nanoseconds: int64 });
export interface TimeInfo extends z.output<typeof timeInfoSchema> {}

export const durationInfoSchema = message({ nanoseconds: int64 });
export interface DurationInfo extends z.output<typeof durationInfoSchema> {}

export const addressSchema = message({ hostname: optional(text), ip: optional(text), port: integer });
export interface Address extends z.output<typeof addressSchema> {}

export const parameterSchema = message({ key: text, value: text });
export interface Parameter extends z.output<typeof parameterSchema> {}

export const urlSchema = message({
  scheme: text,
  address: addressSchema,
  path: optional(text),
  query: repeated(parameterSchema),
  fragment: optional(text),
});
/** Address of an agent as offers give it. */

export const unavailabilitySchema = message({ start: timeInfoSchema, duration: optional(durationInfoSchema) });
/** A maintenance window; without a duration it has no end. */
export interface Unavailability extends z.output<typeof unavailabilitySchema> {}

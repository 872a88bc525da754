// Typed values of resources and attributes: scalars, ranges, sets, texts.
import * as z from "zod";
import { closedEnum, double, message, optional, repeated, text } from "./schema.ts";

const valueTypes = ["SCALAR", "RANGES", "SET", "TEXT"] as const;
export const valueTypeSchema = closedEnum(valueTypes);

/** Mesos keeps three decimals. */
export const scalarSchema = message({ value: double });
export interface Scalar extends z.output<typeof scalarSchema> {}

/**
 * uint64. Beyond 2^53 (`ids:[0-18446744073709551615]` of some agent) it is rounded: such a resource must not make the offers of
 * all other agents unreadable, and nothing is ever taken out of it.
 */
const bound: z.ZodType<number> = z.union([z.number(), z.bigint().transform(Number)]);

/** Both ends inclusive. */
const rangeSchema = message({ begin: bound, end: bound });
export interface Range extends z.output<typeof rangeSchema> {}

export const rangesSchema = message({ range: repeated(rangeSchema) });
export interface Ranges extends z.output<typeof rangesSchema> {}

export const setSchema = message({ item: repeated(text) });

const textSchema = message({ value: text });
export interface Text extends z.output<typeof textSchema> {}

export const attributeSchema = message({
  name: text,
  type: valueTypeSchema,
  scalar: optional(scalarSchema),
  ranges: optional(rangesSchema),
  set: optional(setSchema),
  text: optional(textSchema),
});
/** What an operator says about an agent (`--attributes=rack:r1`). */
export interface Attribute extends z.output<typeof attributeSchema> {}

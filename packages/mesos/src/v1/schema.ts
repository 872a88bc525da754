// Building blocks of the v1 schemas. Rules of the wire (protobuf 2 as JSON): unknown fields are kept, repeated fields may
// be absent, an optional field is absent rather than undefined, an enum is its name. Schemas transform nothing (but
// bounds of ranges, see value.ts), so a parsed message serialises to what came in.
import * as z from "zod";

/** A value of an enum that newer Mesos versions may extend: known names complete in the editor, any name is accepted. */
export type Open<Name extends string> = Name | (string & Record<never, never>);

/** A 64-bit integer: a number while it is safe, else a bigint (`json.ts` reads and writes both as bare numbers). */
export type Int64 = number | bigint;

/** Base64 text of a `bytes` field. */
export type Base64 = string;

type Message<Shape extends z.ZodRawShape> = Readonly<z.output<z.ZodObject<Shape, z.core.$strip>>>;

/** A protobuf message: the given fields are validated, others are kept as they came and invisible to the types. */
export function message<const Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<Message<Shape>>;
export function message(shape: z.ZodRawShape): z.ZodType {
  return z.looseObject(shape);
}

/** A repeated field: absent when empty (Mesos never prints an empty one). */
export function repeated<T>(item: z.ZodType<T>): z.ZodExactOptional<z.ZodType<readonly T[]>> {
  const list: z.ZodType<readonly T[]> = z.array(item);
  return z.exactOptional(list);
}

/** An optional field. */
export const optional = z.exactOptional;

/** A `map<string, …>` field; absent when empty. */
export function mapOf<T>(item: z.ZodType<T>): z.ZodExactOptional<z.ZodType<Readonly<Record<string, T>>>> {
  const map: z.ZodType<Readonly<Record<string, T>>> = z.record(z.string(), item);
  return z.exactOptional(map);
}

/** A closed enum. */
export function closedEnum<const Name extends string>(names: readonly Name[]): z.ZodType<Name> {
  return z.enum(names);
}

/** An enum that may grow; the names are there for the types only. */
export function openEnum<const Name extends string>(_names: readonly Name[]): z.ZodType<Open<Name>> {
  return z.string();
}

export const text = z.string();
/** Infinity is one too (a limit of memory, for example); NaN is not. */
export const double: z.ZodType<number> = z.union([
  z.number(),
  z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
]);
export const integer = z.int();
export const bool = z.boolean();
export const base64: z.ZodType<Base64> = z.string();
export const int64: z.ZodType<Int64> = z.union([z.number(), z.bigint()]);

// Which fields of a given body have no effect: unknown ones, and the second of two names of one field. It follows from the schemas,
// so that no field is forgotten.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

/** By the schema of an object: second names of fields, and the first ones. A second name counts only when the first is not given. */
export type FieldAliases = ReadonlyMap<z.ZodType, Readonly<Record<string, string>>>;

export interface IgnoredField {
  readonly path: readonly (string | number)[];
  /** Fields that its object may have. */
  readonly known: readonly string[];
  /** Those of them that are given. */
  readonly given: readonly string[];
  /** The first name of the field, which is given too and counts. */
  readonly beside?: string;
}

/**
 * Every field of a body that has no effect, in the body's order. Where the body does not fit its schema, fields may be
 * missing here.
 */
export function* ignoredFields(
  schema: z.core.$ZodType,
  value: unknown,
  aliases: FieldAliases,
  path: IgnoredField["path"] = [],
): Generator<IgnoredField> {
  if (value === null || typeof value !== "object") return;
  const inner = plain(schema, value);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* ignoredFields(inner.element, item, aliases, [...path, index]);
  }
  if (!(inner instanceof z.ZodObject) || Array.isArray(value)) return;
  const fields = new Map(Object.entries<z.core.$ZodType>(inner.shape));
  const entries = Object.entries(value);
  const known = [...fields.keys()];
  const given = entries.flatMap(([key, item]) => (fields.has(key) && isGiven(item) ? [key] : []));
  const second = aliases.get(inner) ?? {};
  for (const [key, item] of entries) {
    const field = fields.get(key);
    const place = [...path, key];
    const first = Object.hasOwn(second, key) ? second[key] : undefined;
    if (field === undefined) yield { path: place, known, given };
    else if (first !== undefined && given.includes(first) && isGiven(item)) {
      const other = entries.find(([name]) => name === first)?.[1];
      if (!isDeepStrictEqual(other, item)) yield { path: place, known, given, beside: first };
    } else yield* ignoredFields(field, item, aliases, place);
  }
}

/** True for an object of fields: no list, and not null. */
export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isGiven = (item: unknown) => item !== null && item !== undefined;

/** The schema inside of wrappers. Of several forms the first one that fits the value, as in reading; else the first of its type. */
function plain(schema: z.core.$ZodType, value: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return plain(schema.unwrap(), value);
  if (schema instanceof z.ZodPipe) return plain(schema.in instanceof z.ZodTransform ? schema.out : schema.in, value);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const form =
    schema.options.find((option) => z.safeParse(option, value).success) ??
    schema.options.find((option) => {
      const inner = plain(option, value);
      return Array.isArray(value) ? inner instanceof z.ZodArray : inner instanceof z.ZodObject;
    });
  return form === undefined ? schema : plain(form, value);
}

/** The value with every field under its first name, and nothing else changed: the one that counts, where two names are given. */
export function underFirstNames(schema: z.core.$ZodType, value: unknown, aliases: FieldAliases): unknown {
  if (value === null || typeof value !== "object") return value;
  const inner = plain(schema, value);
  if (Array.isArray(value))
    return inner instanceof z.ZodArray ? value.map((item) => underFirstNames(inner.element, item, aliases)) : value;
  if (!(inner instanceof z.ZodObject)) return value;
  const fields = new Map(Object.entries<z.core.$ZodType>(inner.shape));
  const second = aliases.get(inner) ?? {};
  const firsts: [string, unknown][] = [];
  const others: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const field = fields.get(key);
    const content = field === undefined ? item : underFirstNames(field, item, aliases);
    const first = Object.hasOwn(second, key) ? second[key] : undefined;
    if (first === undefined) firsts.push([key, content]);
    else if (isGiven(item)) others.push([first, content]);
  }
  return Object.fromEntries([
    ...others,
    ...firsts.filter(([key, item]) => isGiven(item) || !others.some(([name]) => name === key)),
  ]);
}

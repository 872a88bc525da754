// Generators of messages by the tables of src/wire: any field may be there, with values at the edges of its type. Failures
// name their seed (see forAll).
import * as fc from "fast-check";
import type { JsonObject, JsonValue } from "../wire/index.ts";
import { type Field, v1Schema } from "../wire/messages/schema.ts";

const integers: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  int32: fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0)),
  uint32: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 2 ** 32 - 1)),
  int64: exact(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(2n ** 53n + 1n, -1n))),
  uint64: exact(fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(2n ** 64n - 1n, 0n))),
};

function exact(values: fc.Arbitrary<bigint>): fc.Arbitrary<JsonValue> {
  return values.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
}

const scalars: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  ...integers,
  double: fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(0, -1, 0.5, 2 ** 60, 1e308, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  ),
  bool: fc.boolean(),
  string: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("", "*", "dev", "ä", "x".repeat(300), "a/b", "(")),
  bytes: fc.uint8Array({ maxLength: 17 }).map((bytes) => Buffer.from(bytes).toString("base64")),
};

function fieldValue(field: Field, depth: number, complete: boolean): fc.Arbitrary<JsonValue> {
  const names = v1Schema().enums.get(field.type);
  if (names !== undefined) return fc.constantFrom(...names.keys());
  if (v1Schema().messages.has(field.type)) return messageOf(field.type, depth - 1, complete);
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`there are no values of ${field.type}`);
  return scalar;
}

function fieldOf(field: Field, depth: number, complete: boolean): fc.Arbitrary<JsonValue> {
  const value = fieldValue(field, depth, complete);
  if (field.label === "repeated") return fc.array(value, { minLength: 1, maxLength: 2 });
  if (field.label === "map")
    return fc.dictionary(fc.constantFrom("cpus", "mem", "dev", "*", ""), value, { minKeys: 1, maxKeys: 2 });
  return value;
}

/**
 * Messages of a type, nested no deeper than `depth` where that can be avoided. A complete one has all required fields; of
 * others any may be missing.
 */
export function messageOf(type: string, depth: number, complete: boolean): fc.Arbitrary<JsonObject> {
  const fields = v1Schema().messages.get(type)?.fields ?? [];
  const usable = fields.filter(
    ({ label, type: inner }) => (complete && label === "required") || depth > 0 || !v1Schema().messages.has(inner),
  );
  const required = complete ? usable.filter(({ label }) => label === "required").map(({ name }) => name) : [];
  // Built when it is drawn: the tables are recursive.
  return fc.constant(type).chain(() =>
    fc.record(Object.fromEntries(usable.map((field) => [field.name, fieldOf(field, depth, complete)])), {
      requiredKeys: required,
    }),
  );
}

/** Calls of any type, each with its own part and what else there may be. */
export function callOf(type: string, depth: number, complete: boolean): fc.Arbitrary<JsonObject> {
  return messageOf(type, depth, complete).chain((message) => {
    const part = typeof message.type === "string" ? message.type.toLowerCase() : "";
    const field = v1Schema().messages.get(type)?.byName.get(part);
    if (field === undefined) return fc.constant(message);
    return fieldOf(field, depth, complete).map((content) => ({ ...message, [part]: content }));
  });
}

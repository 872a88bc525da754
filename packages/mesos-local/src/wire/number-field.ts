// JSON values → numbers and booleans of message fields, as Mesos' JSON to protobuf conversion does it: protobuf's own
// JSON printers write 64-bit integers as strings, so a string that holds a JSON number is one. Facts: stout/protobuf.hpp
// of Mesos 1.12.
import { CkeError } from "@cke/foundation";
import { JsonSyntaxError, type JsonValue, parseJson } from "./json/json-text.ts";
import type { Field } from "./messages/schema.ts";

const fail = (message: string): never => {
  throw new CkeError("invalid_message", message, { status: 400 });
};

/** The value of a numeric field; undefined when JSON of that kind is no number. Throws CkeError `invalid_message`. */
export function readNumber(field: Field, value: JsonValue): number | bigint | undefined {
  if (typeof value === "string") return numberFromText(field, value);
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  return asFieldType(field.type, value);
}

function numberFromText(field: Field, text: string): number | bigint {
  if (isDouble(field.type) && text === "Infinity") return Number.POSITIVE_INFINITY;
  if (isDouble(field.type) && text === "-Infinity") return Number.NEGATIVE_INFINITY;
  const parsed = parseText(field, text, "number");
  if (typeof parsed === "number" || typeof parsed === "bigint") return asFieldType(field.type, parsed);
  return fail(notA(field, text, "number", "Unexpected JSON type parsed"));
}

/** The value of a field of type bool; undefined when JSON of that kind is no boolean. Throws as `readNumber` does. */
export function readBoolean(field: Field, value: JsonValue): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  const parsed = parseText(field, value, "boolean");
  return typeof parsed === "boolean" ? parsed : fail(notA(field, value, "boolean", "Unexpected JSON type parsed"));
}

const isDouble = (type: string) => type === "double" || type === "float";

const notA = ({ name }: Field, text: string, kind: string, why: string) =>
  `Failed to parse '${text}' as a JSON ${kind} for field '${name}': ${why}`;

function parseText(field: Field, text: string, kind: string): JsonValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return fail(notA(field, text, kind, error.message));
    throw error;
  }
}

const int64Most = 2n ** 63n - 1n;
const int64Least = -(2n ** 63n);

/**
 * The number as the field's type holds it: Mesos casts. A fraction is cut off, what is too large for 32 bits loses its
 * upper ones. What no int64 can hold is undefined in C++; here it is the least int64, as x86 makes it.
 */
function asFieldType(type: string, value: number | bigint): number | bigint {
  if (isDouble(type)) return Number(value);
  const whole = typeof value === "bigint" ? value : BigInt(Math.trunc(value));
  const most = type === "uint64" ? 2n ** 64n - 1n : int64Most;
  const held = whole > most || whole < int64Least ? int64Least : whole;
  const bits = type.endsWith("64") ? 64 : 32;
  const cast = type.startsWith("u") ? BigInt.asUintN(bits, held) : BigInt.asIntN(bits, held);
  return plainInteger(cast);
}

/** A number while that is exact. */
export function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

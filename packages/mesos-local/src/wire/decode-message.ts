// JSON → message, with the rules and the error texts of Mesos' JSON to protobuf conversion: unknown fields and unknown
// enum values are dropped, a single value stands for a list of one, wrong JSON types and missing required fields are
// errors that name the field. Facts: recordings scheduler-errors and executor-errors; stout/protobuf.hpp of Mesos 1.12.
import { CkeError } from "@cke/foundation";
import { isArray, isObject, type JsonObject, type JsonValue } from "./json/json-text.ts";
import { type Field, v1Schema } from "./messages/schema.ts";
import { missingFields } from "./missing-fields.ts";
import { readBoolean, readNumber } from "./number-field.ts";

const fail = (message: string): never => {
  throw new CkeError("invalid_message", message, { status: 400 });
};

/** Decodes `json` as message `type`; throws CkeError `invalid_message` with Mesos' words. */
export function decodeMessage(type: string, json: JsonValue): JsonObject {
  if (!isObject(json)) return fail("Expecting a JSON object");
  const message = readMessage(type, json);
  const missing = missingFields(type, message);
  if (missing.length > 0) fail(`Missing required fields: ${missing.join(", ")}`);
  return message;
}

function readMessage(type: string, json: JsonObject): JsonObject {
  const descriptor = v1Schema().messages.get(type);
  if (descriptor === undefined) throw new CkeError("unknown_message", `there is no message ${type}`);
  const read: (readonly [Field, JsonValue])[] = [];
  // Mesos walks the JSON object in the order of its sorted keys, which decides which error is reported.
  for (const key of Object.keys(json).sort()) {
    const field = descriptor.byName.get(key);
    const value = json[key];
    if (field === undefined || value === undefined || value === null) continue;
    const result = readField(field, value);
    if (result !== undefined) read.push([field, result]);
  }
  if (read.length > 1) read.sort(([left], [right]) => left.place - right.place);
  const message: Record<string, JsonValue> = {};
  for (const [{ name }, result] of read) message[name] = result;
  return message;
}

function readField(field: Field, value: JsonValue): JsonValue | undefined {
  if (field.label === "repeated") return readList(field, value);
  if (field.label === "map") return readMap(field, value);
  return readValue(field, value);
}

/** Lists in lists are one list, and a value that is no list is a list of one. */
function readList(field: Field, value: JsonValue): JsonValue[] {
  if (isArray(value)) return value.flatMap((item) => readList(field, item));
  if (value === null) return [];
  const read = readValue(field, value);
  return read === undefined ? [] : [read];
}

/** A map is a list of entries, so a list of objects is one map. */
function readMap(field: Field, value: JsonValue): JsonObject {
  if (isArray(value)) {
    const parts = value.filter((part) => part !== null).map((part) => readMap(field, part));
    return Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
  }
  if (!isObject(value)) return refuse(field, value);
  const entry: Field = { name: "value", type: field.type, label: "optional", number: 2, place: 1 };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, readEntry(entry, item ?? null) ?? emptyEntry(field.type)]),
  );
}

const readEntry = (entry: Field, value: JsonValue) => (value === null ? undefined : readValue(entry, value));

const emptyEntry = (type: string): JsonValue => (v1Schema().messages.has(type) ? {} : "");

function readValue(field: Field, value: JsonValue): JsonValue | undefined {
  const { type } = field;
  const schema = v1Schema();
  const values = schema.enums.get(type);
  if (values !== undefined) {
    if (typeof value !== "string") return refuse(field, value);
    if (values.has(value)) return value;
    return field.label === "required" ? fail(`Failed to find enum for '${value}'`) : undefined;
  }
  if (schema.messages.has(type)) return isObject(value) ? readMessage(type, value) : refuse(field, value);
  if (type === "string") return typeof value === "string" ? value : refuse(field, value);
  if (type === "bytes") return typeof value === "string" ? readBytes(field, value) : refuse(field, value);
  if (type === "bool") return readBoolean(field, value) ?? refuse(field, value);
  return readNumber(field, value) ?? refuse(field, value);
}

/** The text ends at its padding, and spaces in it mean nothing; what is kept is padded base64 without them. */
function readBytes(field: Field, value: string): string {
  const [text = ""] = value.replace(/[ \t\n\v\f\r]/g, "").split("=");
  const bad = /[^A-Za-z0-9+/]/u.exec(text)?.[0];
  if (bad !== undefined) {
    return fail(`Failed to base64 decode bytes field '${field.name}': Invalid character '${bad}'`);
  }
  return Buffer.from(text, "base64").toString("base64");
}

function refuse(field: Field, value: JsonValue): never {
  const kind =
    typeof value === "number" || typeof value === "bigint"
      ? "number"
      : typeof value === "string" || typeof value === "boolean"
        ? typeof value
        : isArray(value)
          ? "array"
          : "object";
  return fail(`Not expecting a JSON ${kind} for field '${field.name}'`);
}

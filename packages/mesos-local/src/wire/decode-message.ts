// JSON → message, with the rules and the error texts of Mesos' JSON to protobuf conversion: unknown fields and unknown
// enum values are dropped, wrong JSON types and missing required fields are errors that name the field.
// Facts: recordings scheduler-errors and executor-errors.
import { CkeError } from "@cke/foundation";
import { Double, type JsonValue, RawJson } from "./json-text.ts";
import { type Field, v1Schema } from "./schema.ts";

export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" &&
  value !== null &&
  !isArray(value) &&
  !(value instanceof Double) &&
  !(value instanceof RawJson);

const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

const fail = (message: string): never => {
  throw new CkeError("invalid_message", message, { status: 400 });
};

/** Decodes `json` as message `type`; throws CkeError `invalid_message` with Mesos' words. */
export function decodeMessage(type: string, json: JsonValue): JsonObject {
  if (!isObject(json)) return fail("Expecting a JSON object");
  const message = readMessage(type, json);
  const missing = missingFields(type, message, "");
  if (missing.length > 0) fail(`Missing required fields: ${missing.join(", ")}`);
  return message;
}

function readMessage(type: string, json: JsonObject): JsonObject {
  const fields = v1Schema().messages.get(type);
  if (fields === undefined) return json;
  const read = new Map<string, JsonValue>();
  const byName = new Map(fields.map((field) => [field.name, field]));
  // Mesos walks the JSON object in the order of its sorted keys, which decides which error is reported.
  for (const key of Object.keys(json).sort()) {
    const field = byName.get(key);
    const value = json[key];
    if (field === undefined || value === undefined || value === null) continue;
    const result = readField(field, value);
    if (result !== undefined) read.set(key, result);
  }
  return Object.fromEntries(fields.flatMap(({ name }) => (read.has(name) ? [[name, read.get(name)]] : [])));
}

function readField(field: Field, value: JsonValue): JsonValue | undefined {
  if (field.label === "repeated") {
    if (!isArray(value)) return refuse(field, value);
    return value.flatMap((item) => readValue(field, item) ?? []);
  }
  if (field.label === "map") {
    if (!isObject(value)) return refuse(field, value);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, item === undefined ? item : readValue(field, item)]),
    );
  }
  return readValue(field, value);
}

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
  if (type === "any") return value;
  if (type === "string") return typeof value === "string" ? value : refuse(field, value);
  if (type === "bytes") return typeof value === "string" ? readBytes(field, value) : refuse(field, value);
  if (type === "bool") return typeof value === "boolean" ? value : refuse(field, value);
  return typeof value === "number" || typeof value === "bigint" ? value : refuse(field, value);
}

function readBytes(field: Field, value: string): string {
  const bad = /[^A-Za-z0-9+/=]/.exec(value)?.[0];
  if (bad !== undefined) {
    return fail(`Failed to base64 decode bytes field '${field.name}': Invalid character '${bad}'`);
  }
  return value;
}

function refuse(field: Field, value: JsonValue): never {
  const kind =
    typeof value === "number" || typeof value === "bigint"
      ? "number"
      : typeof value === "string"
        ? "string"
        : typeof value === "boolean"
          ? "boolean"
          : isArray(value)
            ? "array"
            : "object";
  return fail(`Not expecting a JSON ${kind} for field '${field.name}'`);
}

/** Paths of required fields that are not set, as protobuf lists them: own fields first, then those of sub-messages. */
function missingFields(type: string, message: JsonObject, prefix: string): string[] {
  const fields = v1Schema().messages.get(type) ?? [];
  const own = fields.filter(({ name, label }) => label === "required" && message[name] === undefined);
  const nested = fields.flatMap((field) => {
    const value = message[field.name];
    if (!v1Schema().messages.has(field.type) || value === undefined) return [];
    const path = `${prefix}${field.name}`;
    if (field.label === "repeated" && isArray(value)) {
      return value.flatMap((item, index) =>
        isObject(item) ? missingFields(field.type, item, `${path}[${index}].`) : [],
      );
    }
    return field.label !== "map" && isObject(value) ? missingFields(field.type, value, `${path}.`) : [];
  });
  return [...own.map(({ name }) => `${prefix}${name}`), ...nested];
}

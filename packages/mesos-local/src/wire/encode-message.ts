// Message → JSON text as Mesos writes it: fields in order of declaration, doubles with a decimal point, int64 bare, unset
// fields and empty lists left out, but a field with a default is always printed. Facts: every recording.
import { doubleText, stringifyJson } from "./json/json-text.ts";
import { plainJson } from "./json/plain-json.ts";
import { type Field, v1Schema } from "./messages/schema.ts";

/** The JSON text of a message of the given type. Fields that the type does not have are left out. */
export function encodeMessage(type: string, message: object): string {
  const values: Readonly<Record<string, unknown>> = { ...message };
  let text = "";
  for (const field of v1Schema().messages.get(type)?.fields ?? []) {
    const value = values[field.name];
    if (value === undefined || value === null) {
      if (field.defaultText !== undefined) text += `,"${field.name}":${field.defaultText}`;
      continue;
    }
    if (field.label === "repeated" && Array.isArray(value) && value.length === 0) continue;
    text += `,"${field.name}":${encodeField(field, value)}`;
  }
  return `{${text.slice(1)}}`;
}

function encodeField(field: Field, value: unknown): string {
  if (field.label === "repeated" && Array.isArray(value)) {
    return `[${value.map((item: unknown) => encodeValue(field.type, item)).join(",")}]`;
  }
  if (field.label === "map" && typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]: [string, unknown]) => `${JSON.stringify(key)}:${encodeValue(field.type, item)}`,
    );
    return `{${entries.join(",")}}`;
  }
  return encodeValue(field.type, value);
}

function encodeValue(type: string, value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null && v1Schema().messages.has(type)) return encodeMessage(type, value);
  if ((type === "double" || type === "float") && typeof value === "number") return doubleText(value);
  return stringifyJson(plainJson(value));
}

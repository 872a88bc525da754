// Typed messages → JSON values that print as Mesos prints them: what encode-message.ts does, but as a value that can be
// put into larger documents.

import { encodeMessage } from "./encode-message.ts";
import { double, type JsonValue, RawJson } from "./json/json-text.ts";

/** With a message type: fields and numbers of that type. Without: as it is, doubles where the names of Mesos have them. */
export function toJson(value: unknown, type?: string): JsonValue {
  if (type !== undefined && typeof value === "object" && value !== null) return new RawJson(encodeMessage(type, value));
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (Array.isArray(value)) return value.map((item: unknown) => toJson(item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      typeof item === "number" && /_seconds$/.test(key) ? double(item) : toJson(item),
    ]),
  );
}

// Typed messages → JSON values that print as Mesos prints them: what encode-message.ts does, but as a value that can be
// put into larger documents.
import { encodeMessage } from "./encode-message.ts";
import { type JsonValue, RawJson } from "./json/json-text.ts";
import { plainJson } from "./json/plain-json.ts";

/** A message as a value: fields and numbers are those of its type. What is no message is taken as it is. */
export const toJson = (value: unknown, type: string): JsonValue =>
  typeof value === "object" && value !== null ? new RawJson(encodeMessage(type, value)) : plainJson(value);

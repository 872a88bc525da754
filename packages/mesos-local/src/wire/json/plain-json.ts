// Any value as JSON that prints as Mesos prints it, where no message type says what its numbers are: numbers whose names end
// in _seconds are doubles.
import { double, type JsonValue } from "./json-text.ts";

export function plainJson(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (Array.isArray(value)) return value.map((item: unknown) => plainJson(item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      typeof item === "number" && /_seconds$/.test(key) ? double(item) : plainJson(item),
    ]),
  );
}

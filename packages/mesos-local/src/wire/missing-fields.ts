// Which required fields of a message are not set, in protobuf's words and order.
import { isArray, isObject, type JsonObject, type JsonValue } from "./json/json-text.ts";
import { type Field, v1Schema } from "./messages/schema.ts";

/**
 * Paths of the missing fields: own ones in order of declaration, then those of sub-messages in order of their numbers. A
 * map is a list of entries there: `limits[0].value.value`.
 */
export function missingFields(type: string, message: JsonObject, prefix = ""): string[] {
  const missing: string[] = [];
  collect(type, message, prefix, missing);
  return missing;
}

function collect(type: string, message: JsonObject, prefix: string, missing: string[]): void {
  const descriptor = v1Schema().messages.get(type);
  if (descriptor === undefined) return;
  for (const { name } of descriptor.required) if (message[name] === undefined) missing.push(`${prefix}${name}`);
  for (const field of descriptor.nested) {
    const value = message[field.name];
    if (value === undefined) continue;
    for (const [part, path] of partsOf(field, value, `${prefix}${field.name}`))
      collect(field.type, part, path, missing);
  }
}

/** The messages in a field, each with the prefix of its own fields. */
function partsOf({ label }: Field, value: JsonValue, path: string): (readonly [JsonObject, string])[] {
  if (label === "repeated") {
    const items = isArray(value) ? value : [];
    return items.flatMap((item, index) => (isObject(item) ? [[item, `${path}[${index}].`] as const] : []));
  }
  if (!isObject(value)) return [];
  if (label !== "map") return [[value, `${path}.`]];
  return Object.values(value).flatMap((item, index) =>
    isObject(item) ? [[item, `${path}[${index}].value.`] as const] : [],
  );
}

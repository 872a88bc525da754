// Message → protobuf's text format, as it appears in Mesos' error messages: fields by number, one per line.
import { type Field, v1Schema } from "./messages/schema.ts";

/** The text of a message of the given type; every line ends with a newline. */
export function messageText(type: string, message: object, indent = ""): string {
  const values = new Map<string, unknown>(Object.entries(message));
  return [...(v1Schema().messages.get(type)?.byNumber.values() ?? [])]
    .flatMap((field) => {
      const value = values.get(field.name);
      if (value === undefined || value === null) return [];
      const items: readonly unknown[] = field.label === "repeated" && Array.isArray(value) ? value : [value];
      return items.map((item) => fieldText(field, item, indent));
    })
    .join("");
}

function fieldText(field: Field, value: unknown, indent: string): string {
  if (typeof value === "object" && value !== null) {
    return `${indent}${field.name} {\n${messageText(field.type, value, `${indent}  `)}${indent}}\n`;
  }
  if (typeof value !== "string" || v1Schema().enums.has(field.type)) return `${indent}${field.name}: ${value}\n`;
  const bytes = Buffer.from(value, field.type === "bytes" ? "base64" : "utf8");
  return `${indent}${field.name}: "${escaped(bytes)}"\n`;
}

const names: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\" };

function escaped(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => {
      const name = names[byte];
      if (name !== undefined) return name;
      return byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, "0")}` : String.fromCharCode(byte);
    })
    .join("");
}

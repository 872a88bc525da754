// Message → protobuf bytes, by the tables in messages/: fields in order of their numbers, as C++ writes them. Fields
// that the type does not have and enum values that have no number are left out.
import protobufjs from "protobufjs/minimal.js";
import { Double } from "./json/json-text.ts";
import { type Field, v1Schema } from "./messages/schema.ts";

type Writer = protobufjs.Writer;

const wireTypes: Readonly<Record<string, number>> = { double: 1, string: 2, bytes: 2 };
const delimited = 2;
const keyTag = (1 << 3) | delimited;

/** The bytes of a message of the given type. */
export function encodeBinary(type: string, message: object): Uint8Array {
  return writeMessage(type, message, protobufjs.Writer.create()).finish();
}

function writeMessage(type: string, message: object, writer: Writer): Writer {
  const values = new Map<string, unknown>(Object.entries(message));
  for (const field of v1Schema().messages.get(type)?.byNumber.values() ?? []) {
    const value = values.get(field.name);
    if (value !== undefined && value !== null) writeField(field, value, writer);
  }
  return writer;
}

function writeField(field: Field, value: unknown, writer: Writer): void {
  if (field.label === "repeated" && Array.isArray(value)) {
    for (const item of value as readonly unknown[]) writeValue(field, item, writer);
  } else if (field.label === "map" && typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      writer
        .uint32((field.number << 3) | delimited)
        .fork()
        .uint32(keyTag)
        .string(key);
      if (item !== undefined) writeValue({ ...field, number: 2 }, item, writer);
      writer.ldelim();
    }
  } else writeValue(field, value, writer);
}

function writeValue({ type, number }: Field, value: unknown, writer: Writer): void {
  const { messages, enums } = v1Schema();
  const tag = (wireType: number) => writer.uint32((number << 3) | wireType);
  if (messages.has(type)) {
    if (typeof value === "object" && value !== null) writeMessage(type, value, tag(delimited).fork()).ldelim();
    return;
  }
  const names = enums.get(type);
  if (names !== undefined) {
    const known = typeof value === "string" ? names.get(value) : undefined;
    if (known !== undefined) tag(0).int32(known);
    return;
  }
  writeScalar(type, value instanceof Double ? value.value : value, tag(wireTypes[type] ?? 0));
}

function writeScalar(type: string, value: unknown, writer: Writer): void {
  switch (type) {
    case "string":
      writer.string(String(value));
      break;
    case "bytes":
      writer.bytes(Buffer.from(String(value), "base64"));
      break;
    case "bool":
      writer.bool(value === true);
      break;
    case "double":
      writer.double(Number(value));
      break;
    case "int32":
      writer.int32(Number(value));
      break;
    case "uint32":
      writer.uint32(Number(value));
      break;
    case "int64":
      writer.int64(String(value));
      break;
    default:
      writer.uint64(String(value));
  }
}

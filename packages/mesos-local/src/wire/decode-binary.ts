// Protobuf bytes → message, by the tables in messages/: the same values as decodeMessage gives for JSON (bytes as
// base64, enums by name, 64-bit integers exact). Unknown fields and enum values are dropped: in C++ they are not visible either.
import { CkeError } from "@cke/foundation";
import protobufjs from "protobufjs/minimal.js";
import { isArray, isObject, type JsonObject, type JsonValue } from "./json/json-text.ts";
import { type Field, type Message, v1Schema } from "./messages/schema.ts";
import { missingFields } from "./missing-fields.ts";
import { plainInteger } from "./number-field.ts";

type Reader = protobufjs.Reader;

/** C++ parses no deeper message. */
const maxDepth = 100;
const wireTypes: Readonly<Record<string, number>> = { double: 1, string: 2, bytes: 2 };
const delimited = 2;

/** Decodes `bytes` as message `type`. Throws CkeError `invalid_message` without details, as C++ gives none. */
export function decodeBinary(type: string, bytes: Uint8Array): JsonObject {
  const descriptor = v1Schema().messages.get(type);
  if (descriptor === undefined) throw new CkeError("unknown_message", `there is no message ${type}`);
  const reader = protobufjs.Reader.create(bytes);
  let message: JsonObject;
  try {
    message = readMessage(descriptor, reader, reader.len, 1);
  } catch (cause) {
    throw new CkeError("invalid_message", `the body is no ${type}`, { status: 400, cause });
  }
  const missing = missingFields(type, message);
  if (missing.length === 0) return message;
  throw new CkeError("invalid_message", `Missing required fields: ${missing.join(", ")}`, { status: 400 });
}

function readMessage({ fields, byNumber }: Message, reader: Reader, end: number, depth: number): JsonObject {
  if (depth > maxDepth || end > reader.len) throw new RangeError("a message that is too deep or too long");
  const read = new Map<string, JsonValue>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = byNumber.get(tag >>> 3);
    if (tag >>> 3 === 0) throw new RangeError("a field with the number 0");
    const wireType = tag & 7;
    const values = field === undefined ? undefined : readField(field, reader, wireType, depth);
    if (field === undefined || values === undefined) {
      reader.skipType(wireType);
      continue;
    }
    for (const value of values) read.set(field.name, joined(field, read.get(field.name), value));
  }
  if (reader.pos !== end) throw new RangeError("a field that is longer than its message");
  return Object.fromEntries(fields.flatMap(({ name }) => (read.has(name) ? [[name, read.get(name)]] : [])));
}

/** The values that stand at the reader; undefined when the wire type is not the field's: then it is an unknown field. */
function readField(field: Field, reader: Reader, wireType: number, depth: number): JsonValue[] | undefined {
  const { messages, enums } = v1Schema();
  const message = messages.get(field.type);
  if (field.label === "map" || message !== undefined) {
    if (wireType !== delimited) return undefined;
    const end = reader.uint32() + reader.pos;
    if (field.label === "map") return [readEntry(field, reader, end, depth + 1)];
    return message === undefined ? [] : [readMessage(message, reader, end, depth + 1)];
  }
  const wanted = wireTypes[field.type] ?? 0;
  const names = enums.get(field.type);
  const one = () => readScalar(field.type, names, reader);
  if (wireType === wanted) return present(one());
  if (wireType !== delimited || field.label !== "repeated") return undefined;
  const end = reader.uint32() + reader.pos;
  const packed: JsonValue[] = [];
  while (reader.pos < end) packed.push(...present(one()));
  if (reader.pos !== end) throw new RangeError("a packed field that does not end with a value");
  return packed;
}

const present = (value: JsonValue | undefined) => (value === undefined ? [] : [value]);

/** One entry of a map, as an object of one key. */
function readEntry({ type }: Field, reader: Reader, end: number, depth: number): JsonObject {
  const fields: Field[] = [
    { name: "key", type: "string", label: "optional", number: 1, place: 0 },
    { name: "value", type, label: "optional", number: 2, place: 1 },
  ];
  const byNumber = new Map(fields.map((field) => [field.number, field]));
  const { key, value } = readMessage(
    { fields, byName: new Map(), byNumber, required: [], nested: [] },
    reader,
    end,
    depth,
  );
  const unset: JsonValue = v1Schema().messages.has(type) ? {} : "";
  return { [typeof key === "string" ? key : ""]: value ?? unset };
}

function readScalar(
  type: string,
  names: ReadonlyMap<string, number> | undefined,
  reader: Reader,
): JsonValue | undefined {
  if (names !== undefined) {
    const number = reader.int32();
    return [...names].find(([, value]) => value === number)?.[0];
  }
  switch (type) {
    case "string":
      return reader.string();
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "bool":
      return reader.bool();
    case "double":
      return finite(reader.double());
    case "int32":
      return reader.int32();
    case "uint32":
      return reader.uint32();
    case "int64":
      return plainInteger(BigInt(reader.int64().toString()));
    case "uint64":
      return plainInteger(BigInt(reader.uint64().toString()));
    default:
      throw new RangeError(`a field of type ${type}`);
  }
}

/** NaN is refused: it is no amount, and JSON, in which messages are kept here, cannot express it. */
function finite(value: number): number {
  if (Number.isNaN(value)) throw new RangeError("NaN");
  return value;
}

/** A field that comes again: lists grow, maps and messages are merged, of other values the last one holds. */
function joined(field: Field, before: JsonValue | undefined, value: JsonValue): JsonValue {
  if (field.label === "repeated") return [...(isArray(before) ? before : []), value];
  if (!isObject(before) || !isObject(value)) return value;
  return field.label === "map" ? { ...before, ...value } : merged(field.type, before, value);
}

function merged(type: string, before: JsonObject, after: JsonObject): JsonObject {
  const { fields = [] } = v1Schema().messages.get(type) ?? {};
  return Object.fromEntries(
    fields.flatMap((field) => {
      const [one, two] = [before[field.name], after[field.name]];
      if (two === undefined) return one === undefined ? [] : [[field.name, one]];
      if (field.label === "repeated" && isArray(one) && isArray(two)) return [[field.name, [...one, ...two]]];
      return [[field.name, one === undefined ? two : joined(field, one, two)]];
    }),
  );
}

// The descriptors of Mesos' v1 messages, read once from the tables beside this file.
import { doubleText } from "../json/json-text.ts";
import { agentMessages } from "./agent-messages.ts";
import { enumValues } from "./enums.ts";
import { executorMessages } from "./executor-messages.ts";
import { masterMessages } from "./master-messages.ts";
import { mesosMessages } from "./mesos-messages.ts";
import { operatorMessages } from "./operator-messages.ts";
import { schedulerMessages } from "./scheduler-messages.ts";

type FieldLabel = "optional" | "required" | "repeated" | "map";

export interface Field {
  /** Letters, digits and underscores. */
  readonly name: string;
  readonly type: string;
  readonly label: FieldLabel;
  readonly number: number;
  /** In the order of declaration. */
  readonly place: number;
  /** JSON text that is printed when the field is not set. */
  readonly defaultText?: string;
}

/** A message: its fields in order of declaration, and the same ones by name and by number. */
export interface Message {
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, Field>;
  /** Those that are required, in order of declaration. */
  readonly required: readonly Field[];
  /** Those that hold messages, in order of their numbers. */
  readonly nested: readonly Field[];
}

const labels: Readonly<Record<string, FieldLabel>> = { "": "optional", "!": "required", "*": "repeated", "%": "map" };
const words = (tables: readonly string[]) =>
  tables
    .join("\n")
    .replace(/\n +/g, " ")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "));

function readField(text: string, place: number): Field {
  const [, name = "", type = "", label = "", number = "", defaultValue] =
    /^(\w+):([\w.]+)([!*%]?)=(\d+)(?:~(.*))?$/.exec(text) ?? [];
  const field = { name, type, label: labels[label] ?? "optional", number: Number(number), place };
  return defaultValue === undefined ? field : { ...field, defaultText: defaultText(type, defaultValue) };
}

function defaultText(type: string, value: string): string {
  if (type === "double" || type === "float") return doubleText(Number(value));
  return type === "bool" || type.includes("int") ? value : JSON.stringify(value);
}

/** `names`: of all messages. */
function readMessage(texts: readonly string[], names: ReadonlySet<string>): Message {
  const fields = texts.map(readField);
  // The order on the wire.
  const sorted = fields.toSorted((a, b) => a.number - b.number);
  return {
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    byNumber: new Map(sorted.map((field) => [field.number, field])),
    required: fields.filter(({ label }) => label === "required"),
    nested: sorted.filter(({ type }) => names.has(type)),
  };
}

function readMessages(): Map<string, Message> {
  const texts = words(messageTables);
  const names = new Set(texts.map(([name = ""]) => name));
  return new Map(texts.map(([name = "", ...fields]) => [name, readMessage(fields, names)]));
}

function readEnum(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    texts.map((text) => {
      const [name = "", number = ""] = text.split("=");
      return [name, Number(number)];
    }),
  );
}

const messageTables = [
  mesosMessages,
  operatorMessages,
  schedulerMessages,
  executorMessages,
  masterMessages,
  agentMessages,
];
let tables: { messages: Map<string, Message>; enums: Map<string, ReadonlyMap<string, number>> } | undefined;

/** Messages by name, and numbers by value by enum name. */
export function v1Schema() {
  tables ??= {
    messages: readMessages(),
    enums: new Map(words([enumValues]).map(([name = "", ...values]) => [name, readEnum(values)])),
  };
  return tables;
}

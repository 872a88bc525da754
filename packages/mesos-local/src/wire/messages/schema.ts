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
  readonly name: string;
  readonly type: string;
  readonly label: FieldLabel;
  readonly number: number;
  /** JSON text that is printed when the field is not set. */
  readonly defaultText?: string;
}

/** A message: its fields in order of declaration, and the same ones by name and by number. */
export interface Message {
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, Field>;
}

const labels: Readonly<Record<string, FieldLabel>> = { "": "optional", "!": "required", "*": "repeated", "%": "map" };
const words = (tables: readonly string[]) =>
  tables
    .join("\n")
    .replace(/\n +/g, " ")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "));

function readField(text: string): Field {
  const [, name = "", type = "", label = "", number = "", defaultValue] =
    /^(\w+):([\w.]+)([!*%]?)=(\d+)(?:~(.*))?$/.exec(text) ?? [];
  const field = { name, type, label: labels[label] ?? "optional", number: Number(number) };
  return defaultValue === undefined ? field : { ...field, defaultText: defaultText(type, defaultValue) };
}

function defaultText(type: string, value: string): string {
  if (type === "double" || type === "float") return doubleText(Number(value));
  return type === "bool" || type.includes("int") ? value : JSON.stringify(value);
}

function readMessage(texts: readonly string[]): Message {
  const fields = texts.map(readField);
  return {
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    // In order of the numbers, which is the order on the wire.
    byNumber: new Map(fields.toSorted((a, b) => a.number - b.number).map((field) => [field.number, field])),
  };
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
    messages: new Map(words(messageTables).map(([name = "", ...fields]) => [name, readMessage(fields)])),
    enums: new Map(words([enumValues]).map(([name = "", ...values]) => [name, readEnum(values)])),
  };
  return tables;
}

// The descriptors of Mesos' v1 messages, read once from the tables beside this file.
import { executorEnums, executorMessages } from "./executor-messages.ts";
import { doubleText } from "./json-text.ts";
import { mesosEnums, mesosMessages } from "./mesos-messages.ts";
import { schedulerEnums, schedulerMessages } from "./scheduler-messages.ts";

export type FieldLabel = "optional" | "required" | "repeated" | "map";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly label: FieldLabel;
  readonly number: number;
  /** JSON text that is printed when the field is not set. */
  readonly defaultText?: string;
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

let tables: { messages: Map<string, readonly Field[]>; enums: Map<string, ReadonlySet<string>> } | undefined;

/** Fields by message name and values by enum name. */
export function v1Schema() {
  tables ??= {
    messages: new Map(
      words([mesosMessages, schedulerMessages, executorMessages]).map(([name = "", ...fields]) => [
        name,
        fields.map(readField),
      ]),
    ),
    enums: new Map(
      words([mesosEnums, schedulerEnums, executorEnums]).map(([name = "", ...values]) => [name, new Set(values)]),
    ),
  };
  return tables;
}

// The descriptors of Mesos' v1 messages, read once from the tables beside this file.
import { executorEnums, executorMessages } from "./executor-messages.ts";
import { mesosEnums, mesosMessages } from "./mesos-messages.ts";
import { schedulerEnums, schedulerMessages } from "./scheduler-messages.ts";

export type FieldLabel = "optional" | "required" | "repeated" | "map";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly label: FieldLabel;
}

const labels: Readonly<Record<string, FieldLabel>> = { "!": "required", "*": "repeated", "%": "map" };

const words = (tables: readonly string[]) =>
  tables
    .join("\n")
    .replace(/\n +/g, " ")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "));

function readField(text: string): Field {
  const [name = "", rest = ""] = text.split(":");
  const label = labels[rest.slice(-1)];
  return label === undefined ? { name, type: rest, label: "optional" } : { name, type: rest.slice(0, -1), label };
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

// Events and calls are unions told apart by `type`. A table of one schema per type keeps parsing a single look-up, and
// keeps a message of a later Mesos version from breaking a stream.
import type * as z from "zod";
import { MesosProtocolError } from "../../encoding/errors.ts";

/** The union of all messages of a table. */
export type VariantOf<Table extends Readonly<Record<string, z.ZodType>>> = {
  readonly [Type in keyof Table]: z.output<Table[Type]>;
}[keyof Table];

/** An event of a type this library does not know, or whose content is not what its type promises. */
export interface UnknownEvent {
  readonly type: "UNKNOWN";
  /** The type as it came, if it was a text. */
  readonly name?: string;
  /** What was wrong, for the log. */
  readonly problem: string;
  readonly original: unknown;
}

/** What a peer sent, short enough for a log. */
const shortened = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most)}…`);

function typeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
}

/** "path: message" of the first problems of a validation. */
function describeIssues(error: z.core.$ZodError): string {
  const shown = error.issues.slice(0, 3).map((issue) => `${issue.path.join(".") || "message"}: ${issue.message}`);
  return shortened(shown.join("; "), 500) + (error.issues.length > 3 ? `; and ${error.issues.length - 3} more` : "");
}

/** A parser of events: never throws, what it cannot read becomes an UnknownEvent. */
export function eventParser<T>(table: ReadonlyMap<string, z.ZodType<T>>): (value: unknown) => T | UnknownEvent {
  return (value) => {
    const type = typeOf(value);
    if (typeof type !== "string") return { type: "UNKNOWN", problem: "the event has no type", original: value };
    const schema = table.get(type);
    if (schema === undefined) {
      const name = shortened(type, 100);
      return { type: "UNKNOWN", name, problem: `unknown event type ${name}`, original: value };
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    return { type: "UNKNOWN", name: type, problem: describeIssues(result.error), original: value };
  };
}

/** A parser of calls: throws MesosProtocolError (`mesos_invalid_call`) with the path of what is wrong. */
export function callParser<T>(table: ReadonlyMap<string, z.ZodType<T>>): (value: unknown) => T {
  return (value) => {
    const type = typeOf(value);
    const schema = typeof type === "string" ? table.get(type) : undefined;
    if (schema === undefined) throw new MesosProtocolError("mesos_invalid_call", "Expecting 'type' to be present");
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new MesosProtocolError("mesos_invalid_call", describeIssues(result.error), { cause: result.error });
  };
}

// What goes over the WebSocket of an exec. Pure. Bytes are binary frames: what the client sends is input; what it gets begins with
// one byte, 1 for output and 2 for errors. Everything else is JSON in text frames.
import { constants } from "node:os";
import { CkeError } from "@cke/foundation";
import { z } from "zod";
import type { ExecStreamEvent } from "../../channel/exec-stream.ts";
import { terminalSize } from "../../console/console-request.ts";
import { validate } from "../requests/api-error.ts";

const many = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The query of the handshake: `?command=sh&command=-c&command=date&tty=true`. */
export const execQuery = z.strictObject({
  command: many.pipe(z.array(z.string().max(32_768)).min(1).max(256)).describe("program and arguments, one each"),
  tty: z.enum(["true", "false"]).default("false").describe("true: on a terminal"),
  rows: terminalSize.default(24).describe("of the terminal"),
  columns: terminalSize.default(80).describe("of the terminal"),
  user: z.string().max(256).default("").describe("name, uid, name:group or uid:gid; default: root"),
});

const signals: ReadonlySet<string> = new Set(Object.keys(constants.signals).flatMap((name) => [name, name.slice(3)]));
/** With SIG before it or without. */
const signalName = z
  .string()
  .max(16)
  .refine((name) => signals.has(name), "the name of a signal, like INT or SIGINT");

const controlMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize"), rows: terminalSize, columns: terminalSize }),
  z.strictObject({ type: z.literal("signal"), name: signalName }),
  z.strictObject({ type: z.literal("stdin_end") }),
]);
export type ControlMessage = z.infer<typeof controlMessage>;

/** Throws a CkeError that names the field and what is allowed. */
export function readControl(text: string): ControlMessage {
  return validate(controlMessage, parsed(text), "the control message");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CkeError("bad_request", "a text frame must be JSON: input goes into binary frames");
  }
}

/** Fields of the executor's protocol, and what they are in the query. */
const queryNames: readonly (readonly [RegExp, string])[] = [
  [/\bstart\.(command|user)\b/g, "$1"],
  [/\bstart\.size\b/g, "rows, columns"],
];

/** The same error, with the names of the query in its words: executors and wrappers have names of their own. */
export function inQueryNames(error: unknown): unknown {
  if (!(error instanceof CkeError)) return error;
  const { code, status, retryable, message } = error;
  const words = queryNames.reduce((text, [name, shown]) => text.replace(name, shown), message);
  return words === message ? error : new CkeError(code, words, { status, retryable, cause: error });
}

const prefixes = { stdout: Buffer.from([1]), stderr: Buffer.from([2]) } as const;

/** The frame for an event: bytes are binary, text is JSON. */
export function frameOf(event: ExecStreamEvent): Buffer | string {
  switch (event.kind) {
    case "stdout":
    case "stderr":
      return Buffer.concat([prefixes[event.kind], event.data]);
    case "started":
      return JSON.stringify({ type: "started", pid: event.pid });
    case "exit":
      return JSON.stringify({ type: "exit", code: event.code, signal: event.signal });
  }
}

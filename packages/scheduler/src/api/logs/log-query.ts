// What a client asks of a cluster's log: which entries, from where on, in which format. Pure.
import { z } from "zod";
import type { ClusterLogEntry } from "../../kubernetes/views/plan-views.ts";
import type { VmLogEntry } from "../../vm/views/vm-log.ts";
import type { LogLevel } from "../../workload/plans/log-entry.ts";
import { holderOf } from "../../workload/records/resource-tasks.ts";
import { BadRequestError, validate } from "../requests/api-error.ts";

const names = (what: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((text) => text.split(",")))
    .pipe(z.array(z.string().min(1).max(256)).max(100))
    .describe(`${what}, several by commas`);

const number = /^\d{1,15}$/;
// A "+" that was not encoded arrives as a space.
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[ +-]\d\d:\d\d)$/i;
const since = z
  .string()
  .refine(
    (text) => number.test(text) || (time.test(text) && !Number.isNaN(Date.parse(text.replace(" ", "+")))),
    "a sequence number, or a time like 2030-01-31T12:00:00Z",
  )
  .transform(
    (text): LogStart => (number.test(text) ? { after: Number(text) } : { fromMs: Date.parse(text.replace(" ", "+")) }),
  )
  .describe("entries after this sequence number, or from this time (RFC 3339) on");

const logQuery = z.strictObject({
  node: names("only of these nodes").optional(),
  process: names("only of these processes").optional(),
  level: z.enum(["info", "warning", "error"]).default("info").describe("of this level, and worse"),
  since: since.optional(),
  follow: z.enum(["true", "false"]).optional().describe("false: ends after the entries that are kept"),
  format: z
    .enum(["json", "ndjson", "sse"])
    .optional()
    .describe("when it is not a WebSocket; default: by the Accept header"),
});

const headersSchema = z.object({ accept: z.string().optional(), "last-event-id": z.string().optional() });

/** Where reading begins; default: with the oldest entry that is kept. */
export interface LogStart {
  /** After the entry with this number. */
  readonly after?: number;
  /** From this UNIX time on. */
  readonly fromMs?: number;
}

export interface LogFilter {
  readonly nodes?: ReadonlySet<string>;
  readonly processes?: ReadonlySet<string>;
  readonly level: LogLevel;
}

export type LogFormat = "json" | "ndjson" | "sse";

export interface LogRequest {
  readonly filter: LogFilter;
  readonly start: LogStart;
  readonly follow: boolean;
  /** For an answer that is not a WebSocket. */
  readonly format: LogFormat;
}

/** Throws a BadRequestError that names the field. A WebSocket and server-sent events follow unless they are told not to. */
export function readLogRequest(query: unknown, headers: unknown, webSocket: boolean): LogRequest {
  const asked = validate(logQuery, query, "the query");
  const { accept = "", "last-event-id": lastEventId = "" } = headersSchema.parse(headers);
  const format = asked.format ?? formatOf(accept);
  const follow = asked.follow === undefined ? webSocket || format === "sse" : asked.follow === "true";
  if (follow && format === "json" && !webSocket) {
    const message = "a JSON array has an end; follow with format=ndjson or format=sse, or a WebSocket";
    throw new BadRequestError([{ path: "follow", message }]);
  }
  return {
    filter: {
      level: asked.level,
      ...(asked.node === undefined ? {} : { nodes: new Set(asked.node) }),
      ...(asked.process === undefined ? {} : { processes: new Set(asked.process) }),
    },
    // A browser that connects again sends the URL of the first time, and says in this header how far it has come.
    start: number.test(lastEventId) ? { after: Number(lastEventId) } : (asked.since ?? {}),
    follow,
    format,
  };
}

function formatOf(accept: string): LogFormat {
  if (/\btext\/event-stream\b/i.test(accept)) return "sse";
  return /\bapplication\/(x-)?ndjson\b/i.test(accept) ? "ndjson" : "json";
}

const ranks: Readonly<Record<LogLevel, number>> = { info: 0, warning: 1, error: 2 };

/** The names under which a line is found: a task that only holds resources of a process (`etcd.res`) is of that process too. */
export function ownersOf(process: string): readonly string[] {
  const holder = holderOf(process);
  return holder === undefined ? [process] : [process, holder];
}

/** A phase that was reached counts as info, and is of no process. */
export function matches(entry: ClusterLogEntry | VmLogEntry, { nodes, processes, level }: LogFilter): boolean {
  const line = entry.type === "log" ? entry : undefined;
  if (ranks[line?.level ?? "info"] < ranks[level]) return false;
  const node = "node" in entry ? entry.node : undefined;
  const named = line !== undefined && "process" in line ? line.process : undefined;
  const process = typeof named === "string" ? named : undefined;
  if (nodes !== undefined && (node === undefined || !nodes.has(node))) return false;
  return processes === undefined || (process !== undefined && ownersOf(process).some((name) => processes.has(name)));
}

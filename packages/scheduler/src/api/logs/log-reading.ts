// Reads a cluster's log for one client, at the client's pace: the next entry is looked for when the last one has left. A client costs no
// memory. What it misses because it is too slow, or came too late, is told as an entry of its own.
import type { Clock } from "@cke/foundation";
import type { ClusterLogEntry } from "../../kubernetes/views/plan-views.ts";
import type { VmLogEntry } from "../../vm/views/vm-log.ts";
import type { RecentLog } from "../../workload/plans/log-entry.ts";
import { type LogRequest, type LogStart, matches } from "./log-query.ts";

/** Entries that a client does not get. */
export interface LogGap {
  readonly type: "gap";
  /** Number of the last entry that is missing: a client that resumes after it misses nothing more. */
  readonly seq: number;
  readonly time: string;
  /** Number of the first one that may be missing; null when the client's number is of no entry of this log. */
  readonly from_seq: number | null;
  readonly reason: string;
}

/** The last entry of a log that does not go on. */
export interface LogEndEntry {
  readonly type: "end";
  readonly time: string;
  readonly reason: string;
}

/** Of the log of a workload, whatever its kind. */
export type LoggedEntry = ClusterLogEntry | VmLogEntry;
export type LoggedLog = RecentLog<LoggedEntry>;
export type ReadEntry = LoggedEntry | LogGap | LogEndEntry;

type Asked = Pick<LogRequest, "filter" | "start" | "follow">;

/** Ends without `follow` after the entries that are kept, otherwise with the log (an entry says why) or with the signal. */
export async function* readLog(
  log: LoggedLog,
  { filter, start, follow }: Asked,
  clock: Pick<Clock, "now">,
  signal: AbortSignal,
): AsyncGenerator<ReadEntry, void, undefined> {
  const time = () => new Date(clock.now()).toISOString();
  const gap = (from_seq: number | null, reason: string): LogGap => ({
    type: "gap",
    seq: log.first - 1,
    time: time(),
    from_seq,
    reason,
  });
  const begin = beginOf(log, start);
  let { next } = begin;
  if (begin.reason !== undefined) yield gap(begin.from, begin.reason);
  for (;;) {
    while (next < log.next) {
      if (next < log.first) {
        yield gap(next, "these entries are not kept any more: the client reads too slowly");
        next = log.first;
        continue;
      }
      const entry = log.at(next);
      next += 1;
      if (entry === undefined || !matches(entry, filter)) continue;
      if (start.fromMs === undefined || Date.parse(entry.time) >= start.fromMs) yield entry;
    }
    if (!follow || signal.aborted) return;
    if (log.end !== undefined) {
      yield { type: "end", time: time(), reason: log.end.reason };
      return;
    }
    await news(log, signal);
  }
}

interface Begin {
  /** The entry to read first. */
  readonly next: number;
  /** Why entries from `from` on are missing; undefined when none are. */
  readonly reason?: string;
  readonly from: number | null;
}

function beginOf({ first, next }: Pick<LoggedLog, "first" | "next">, { after }: LogStart): Begin {
  if (after === undefined) return { next: first, from: null };
  if (after >= next) {
    const reason = `number ${after} is of no entry of this log; the log begins anew here`;
    return { next: first, from: null, reason };
  }
  if (after + 1 >= first) return { next: after + 1, from: null };
  return { next: first, from: after + 1, reason: "entries between are not kept any more" };
}

/** Resolves when there may be something new. */
function news(log: LoggedLog, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      leave();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const leave = log.onNews(done);
    signal.addEventListener("abort", done, { once: true });
  });
}

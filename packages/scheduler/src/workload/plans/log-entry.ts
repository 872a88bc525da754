// The log of a workload: lines of text and the phases that its units reach, each with a number.

export type LogLevel = "info" | "warning" | "error";

interface Numbered {
  /** Greater than that of every earlier entry; numbers grow also when another scheduler leads, and then with a gap. */
  readonly seq: number;
  /** Time of the entry: RFC 3339, UTC, with milliseconds. */
  readonly time: string;
}

export interface LogLine extends Numbered {
  readonly type: "log";
  readonly level: LogLevel;
  readonly unit?: string;
  readonly process?: string;
  /** "[INFO] …" */
  readonly log: string;
}

export interface LogStat extends Numbered {
  readonly type: "stat";
  readonly workload: string;
  readonly unit: string;
  /** Number of the phase in the order of the bring-up of this type of unit, from 0 (nothing done). */
  readonly old_stat: number;
  readonly old_stat_name: string;
  readonly new_stat: number;
  readonly new_stat_name: string;
  readonly total_stat: number;
}

export type WorkloadLogEntry = LogLine | LogStat;

/** Why a log goes on no more. */
export interface LogEnd {
  readonly reason: string;
  /** False: another scheduler may have a log of that name now. */
  readonly over: boolean;
}

/** The recent entries of a log. Readers keep the number of the entry that they read next, and cost no memory. */
export interface RecentLog<Entry> {
  /** Number of the oldest entry that is kept; without any, that of the one to come. */
  readonly first: number;
  /** Number of the entry to come. Those from `first` on have consecutive numbers. */
  readonly next: number;
  at(seq: number): Entry | undefined;
  /** Undefined while entries may follow. */
  readonly end: LogEnd | undefined;
  /** Calls the listener for each new entry and for the end, until the returned function is called. */
  onNews(listener: () => void): () => void;
}

/** The same log with other entries. */
export function mappedLog<From, To>(log: RecentLog<From>, entryOf: (entry: From) => To): RecentLog<To> {
  return {
    get first() {
      return log.first;
    },
    get next() {
      return log.next;
    },
    get end() {
      return log.end;
    },
    at: (seq) => {
      const entry = log.at(seq);
      return entry === undefined ? undefined : entryOf(entry);
    },
    onNews: (listener) => log.onNews(listener),
  };
}

/** All entries that are kept, oldest first. */
export function keptEntries<Entry>(log: RecentLog<Entry>): readonly Entry[] {
  return Array.from({ length: log.next - log.first }, (_, index) => log.at(log.first + index)).filter(
    (entry) => entry !== undefined,
  );
}

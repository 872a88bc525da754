// The log of each workload for people: recent entries are kept, numbered, for whoever reads them.
import type { Clock, Logger } from "@cke/foundation";
import type { UnitPlan } from "../../workload/plans/bring-up-view.ts";
import type { LogEnd, LogLevel, RecentLog, WorkloadLogEntry } from "../../workload/plans/log-entry.ts";
import { boundedWords } from "../../workload/tasks/bounded-event.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { LogRing } from "./log-ring.ts";

const bounds = { entries: 500, characters: 262_144 } as const;

interface OwnLog {
  readonly ring: LogRing<WorkloadLogEntry>;
  /** The last phase of each unit. */
  readonly stats: Map<string, number>;
}

/** An entry without what the log adds. */
type Said = WorkloadLogEntry extends infer Entry
  ? Entry extends WorkloadLogEntry
    ? Omit<Entry, "seq" | "time">
    : never
  : never;

/** How the program's log says what a line is of. */
export type LogFieldsOf = (workload: string, unit: string | undefined) => Readonly<Record<string, string>>;

const workloadFields: LogFieldsOf = (workload, unit) => (unit === undefined ? { workload } : { workload, unit });

export class WorkloadLogs {
  readonly #logs = new Map<string, OwnLog>();
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, "now">;
  readonly #exists: (workload: string) => boolean;
  readonly #fieldsOf: LogFieldsOf;
  /** All numbers so far are smaller. */
  #next = 0;
  #end: LogEnd | undefined;

  /** `exists`: whether the workload is known. What is said of one that is gone must not begin the log of the next. */
  constructor(
    logger: Logger,
    clock: Pick<Clock, "now">,
    exists: (workload: string) => boolean,
    fieldsOf: LogFieldsOf = workloadFields,
  ) {
    this.#fieldsOf = fieldsOf;
    this.#logger = logger;
    this.#clock = clock;
    this.#exists = exists;
  }

  /** Writes a line to the workload's log and to the program's. */
  line(level: LogLevel, workload: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    // The text may contain texts of executors, containers and processes.
    const words = withoutSecrets(boundedWords(text));
    const { unit: ofUnit, ...rest } = fields;
    const unit = typeof ofUnit === "string" ? ofUnit : undefined;
    const process = typeof rest.process === "string" ? rest.process : undefined;
    this.#logger[level](words, { ...this.fields(workload, unit), ...rest });
    const begin = unit === undefined ? "" : `${unit}: `;
    this.#emit(workload, {
      type: "log",
      level,
      ...(unit === undefined ? {} : { unit }),
      ...(process === undefined ? {} : { process }),
      log: `[${level.toUpperCase()}] ${begin}${words}`,
    });
  }

  /** Logs the phases that were reached, one by one. The first call after a start of the scheduler only notes them. */
  stat(workload: string, plan: UnitPlan, known: boolean): void {
    const { stats } = this.#log(workload);
    const last = stats.get(plan.unit);
    if (last === plan.stat) return;
    stats.set(plan.unit, plan.stat);
    if (last === undefined && !known) return;
    const nameOf = (stat: number) => plan.phases[stat - 1]?.name ?? "";
    let old = last ?? 0;
    while (old !== plan.stat) {
      // Forwards every phase is logged, also when several were reached at once; backwards only the present one.
      const next = old < plan.stat ? old + 1 : plan.stat;
      this.#emit(workload, {
        type: "stat",
        workload,
        unit: plan.unit,
        old_stat: old,
        old_stat_name: nameOf(old),
        new_stat: next,
        new_stat_name: nameOf(next),
        total_stat: plan.total_stat,
      });
      old = next;
    }
  }

  /** How the program's log names a workload, or a unit of it. */
  fields(workload: string, unit?: string): Readonly<Record<string, string>> {
    return this.#fieldsOf(workload, unit);
  }

  /** The log of a workload that is known. */
  of(workload: string): RecentLog<WorkloadLogEntry> {
    return this.#log(workload).ring;
  }

  /** The workload is gone: whoever reads its log is told `reason`. */
  forget(workload: string, reason: string): void {
    this.#logs.get(workload)?.ring.close({ reason, over: true });
    this.#logs.delete(workload);
  }

  /** A unit of that name that comes later begins with its first phase. */
  forgetUnit(workload: string, unit: string): void {
    this.#logs.get(workload)?.stats.delete(unit);
  }

  /** This scheduler leads no longer: nothing more is logged, and whoever reads is told so. */
  close(): void {
    this.#end = { reason: "this scheduler leads no longer; ask again, and the new leader goes on", over: false };
    for (const { ring } of this.#logs.values()) ring.close(this.#end);
  }

  #log(workload: string): OwnLog {
    const known = this.#logs.get(workload);
    if (known !== undefined) return known;
    // A later leader begins with a later time, and so does a workload that is created again under its name.
    this.#next = Math.max(this.#next, Math.floor(this.#clock.now()));
    const log: OwnLog = { ring: new LogRing<WorkloadLogEntry>(this.#next, bounds, lengthOf), stats: new Map() };
    if (this.#end !== undefined) log.ring.close(this.#end);
    this.#logs.set(workload, log);
    return log;
  }

  #emit(workload: string, said: Said): void {
    if (!this.#exists(workload)) return;
    const { ring } = this.#log(workload);
    const time = new Date(this.#clock.now()).toISOString();
    ring.append((seq) => ({ ...said, seq, time }));
    this.#next = Math.max(this.#next, ring.next);
  }
}

const lengthOf = (entry: WorkloadLogEntry) => (entry.type === "log" ? entry.log.length : 0);

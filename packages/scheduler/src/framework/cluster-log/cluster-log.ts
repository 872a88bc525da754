// The log of each workload for people: recent entries are kept for replay, and listeners get every new entry.
import type { Clock, Logger } from "@cke/foundation";
import type { ClusterLogEntry, LogSubscription } from "../../workload/plans/log-entry.ts";
import type { UnitPlan } from "../../workload/plans/plan.ts";
import { boundedWords } from "../../workload/tasks/bounded-event.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";

const kept = 500;
/** Most characters that are kept of one log, so that a thousand clusters do not take gigabytes. */
const keptCharacters = 262_144;

interface Channel {
  readonly entries: ClusterLogEntry[];
  /** Characters of the kept lines. */
  characters: number;
  readonly listeners: Set<(entry: ClusterLogEntry) => void>;
  /** The last phase of each unit. */
  readonly stats: Map<string, number>;
}

/** How the program's log says what a line is of. */
export type LogFieldsOf = (workload: string, unit: string | undefined) => Readonly<Record<string, string>>;

const clusterFields: LogFieldsOf = (cluster, node) => (node === undefined ? { cluster } : { cluster, node });

export class ClusterLogs {
  readonly #channels = new Map<string, Channel>();
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, "now">;
  readonly #exists: (cluster: string) => boolean;
  readonly #fieldsOf: LogFieldsOf;

  /** `exists`: whether the cluster is known. What is said of one that is gone must not begin the log of the next. */
  constructor(
    logger: Logger,
    clock: Pick<Clock, "now">,
    exists: (cluster: string) => boolean,
    fieldsOf: LogFieldsOf = clusterFields,
  ) {
    this.#fieldsOf = fieldsOf;
    this.#logger = logger;
    this.#clock = clock;
    this.#exists = exists;
  }

  /** Writes a line to the workload's log and to the program's. */
  line(
    level: "info" | "warning" | "error",
    cluster: string,
    text: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    // The text may contain texts of executors, containers and processes.
    const words = withoutSecrets(boundedWords(text));
    const { node, ...rest } = fields;
    const unit = typeof node === "string" ? node : undefined;
    this.#logger[level](words, { ...this.#fieldsOf(cluster, unit), ...rest });
    const begin = unit === undefined ? "" : `${unit}: `;
    this.#emit(cluster, { type: "log", time: this.#time(), log: `[${level.toUpperCase()}] ${begin}${words}` });
  }

  /** Logs the phases that were reached, one by one. The first call after a start of the scheduler only notes them. */
  stat(cluster: string, plan: UnitPlan, known: boolean): void {
    const channel = this.#channel(cluster);
    const last = channel.stats.get(plan.node);
    if (last === plan.stat) return;
    channel.stats.set(plan.node, plan.stat);
    if (last === undefined && !known) return;
    const nameOf = (stat: number) => plan.phases[stat - 1]?.name ?? "";
    let old = last ?? 0;
    while (old !== plan.stat) {
      // Forwards every phase is logged, also when several were reached at once; backwards only the present one.
      const next = old < plan.stat ? old + 1 : plan.stat;
      this.#emit(cluster, {
        type: "stat",
        time: this.#time(),
        cluster,
        node: plan.node,
        old_stat: old,
        old_stat_name: nameOf(old),
        new_stat: next,
        new_stat_name: nameOf(next),
        total_stat: plan.total_stat,
      });
      old = next;
    }
  }

  subscribe(cluster: string, listener: (entry: ClusterLogEntry) => void): LogSubscription {
    const channel = this.#channel(cluster);
    channel.listeners.add(listener);
    return { replay: [...channel.entries], unsubscribe: () => void channel.listeners.delete(listener) };
  }

  forget(cluster: string): void {
    this.#channels.delete(cluster);
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #channel(cluster: string): Channel {
    const known = this.#channels.get(cluster);
    if (known !== undefined) return known;
    const channel: Channel = { entries: [], characters: 0, listeners: new Set(), stats: new Map() };
    this.#channels.set(cluster, channel);
    return channel;
  }

  #emit(cluster: string, entry: ClusterLogEntry): void {
    if (!this.#exists(cluster)) return;
    const channel = this.#channel(cluster);
    channel.entries.push(entry);
    channel.characters += lengthOf(entry);
    while (channel.entries.length > kept || channel.characters > keptCharacters) {
      const oldest = channel.entries.shift();
      channel.characters -= oldest === undefined ? channel.characters : lengthOf(oldest);
    }
    for (const listener of [...channel.listeners]) {
      try {
        listener(entry);
      } catch (error) {
        channel.listeners.delete(listener);
        this.#logger.warning("a listener of the cluster's log failed and is dropped", { cluster, error });
      }
    }
  }
}

const lengthOf = (entry: ClusterLogEntry) => (entry.type === "log" ? entry.log.length : 0);

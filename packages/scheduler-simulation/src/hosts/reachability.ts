// Notes which hosts the master can reach. It reads the true state of the simulation, which the master may not know.
import type { InMemoryMesos } from "@cke/mesos-local/simulation";

/** A message that was sent while an agent was away may arrive this long after its return. */
const inFlightMs = 30_000;
/** What was launched elsewhere meanwhile is ended on a host that is back within this time. */
const endedWithinMs = 600_000;

export class Reachability {
  readonly #mesos: () => InMemoryMesos;
  readonly #now: () => number;
  readonly #unreachableSince = new Map<string, number>();
  /** Of the last time: when that was, and for how long. */
  readonly #away = new Map<string, { readonly atMs: number; readonly forMs: number }>();
  readonly #lastAway = new Map<string, number>();

  constructor(mesos: () => InMemoryMesos, now: () => number) {
    this.#mesos = mesos;
    this.#now = now;
  }

  /** Notes the present state. */
  look(): void {
    const now = this.#now();
    for (const { up, registered, link, hostname } of this.#mesos().agents.values()) {
      const reachable = up && registered && !link.partitioned;
      if (!reachable) this.#lastAway.set(hostname, now);
      if (reachable && now - (this.#lastAway.get(hostname) ?? 0) > inFlightMs) this.#unreachableSince.delete(hostname);
      else if (!reachable && !this.#unreachableSince.has(hostname)) this.#unreachableSince.set(hostname, now);
      const sinceMs = this.#unreachableSince.get(hostname);
      if (!reachable && sinceMs !== undefined) this.#away.set(hostname, { atMs: now, forMs: now - sinceMs });
    }
  }

  /** Since when the host cannot be reached; undefined when it can. */
  sinceMs(hostname: string): number | undefined {
    return this.#unreachableSince.get(hostname);
  }

  /** True when the host is or was out of reach for so long: what runs there may not have been ended yet. */
  wasAway(hostname: string, ms: number): boolean {
    this.look();
    const { atMs, forMs } = this.#away.get(hostname) ?? { atMs: 0, forMs: 0 };
    return forMs >= ms && this.#now() - atMs < endedWithinMs;
  }

  /** How long ago the host could last not be reached; Infinity when it always could. */
  sinceReturnMs(hostname: string): number {
    return this.#now() - (this.#lastAway.get(hostname) ?? Number.NEGATIVE_INFINITY);
  }
}

// Which hosts the master can reach, as far as somebody knows who sees everything.
import type { InMemoryMesos } from "@cke/mesos-local/simulation";

/** What was sent while an agent was away may arrive this long after its return. */
const inFlightMs = 30_000;

export class Reachability {
  readonly #mesos: () => InMemoryMesos;
  readonly #now: () => number;
  readonly #unreachableSince = new Map<string, number>();
  readonly #lastAway = new Map<string, number>();

  constructor(mesos: () => InMemoryMesos, now: () => number) {
    this.#mesos = mesos;
    this.#now = now;
  }

  /** Notes how it is now. */
  look(): void {
    const now = this.#now();
    for (const { up, registered, link, hostname } of this.#mesos().agents.values()) {
      const reachable = up && registered && !link.partitioned;
      if (!reachable) this.#lastAway.set(hostname, now);
      if (reachable && now - (this.#lastAway.get(hostname) ?? 0) > inFlightMs) this.#unreachableSince.delete(hostname);
      else if (!reachable && !this.#unreachableSince.has(hostname)) this.#unreachableSince.set(hostname, now);
    }
  }

  /** Since when the host is out of reach; undefined when it is not. */
  sinceMs(hostname: string): number | undefined {
    return this.#unreachableSince.get(hostname);
  }

  /** How long ago the host was out of reach; Infinity when it never was. */
  sinceReturnMs(hostname: string): number {
    return this.#now() - (this.#lastAway.get(hostname) ?? Number.NEGATIVE_INFINITY);
  }
}

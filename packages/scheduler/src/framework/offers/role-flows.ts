// Whether offers flow to each role, and what Mesos is asked for next. Offers only while something waits or is looked for,
// REVIVE only for news and within a budget, SUPPRESS once. No I/O: the caller makes the calls and says what was taken.

/** `asked`: REVIVE was taken, but no offer has come since; only an offer proves that they flow. */
export type Flow = "suppressed" | "asked" | "flowing";

/** Why a role's offers are wanted: `waiting` for a launch, `listening` for something that may turn up. */
export type Wish = "waiting" | "listening";

export interface FlowCalls {
  readonly suppress: readonly string[];
  readonly revive: readonly string[];
}

/** While something waits, silence of this length is answered with another REVIVE. */
export const reviveAfterMs = 60_000;
/** While nothing waits, offers are declined for as long as this, so that more silence is normal. */
export const listenAgainMs = 3_600_000;
/** Many units that end together ask once; the next tick asks for the stragglers. */
export const minReviveGapMs = 250;
/** A REVIVE clears all filters of a role, so there is a budget: this many at once, and one more every `reviveEarnMs`. */
export const reviveBurst = 10;
export const reviveEarnMs = 2_000;

interface RoleFlow {
  flow: Flow;
  /** New work since the last REVIVE that was taken. */
  news: boolean;
  askedMs: number;
  heardMs: number;
  /** When offers could begin to come: the subscription, or the first REVIVE after a SUPPRESS. */
  openMs: number;
}

export class RoleFlows {
  readonly #roles: ReadonlyMap<string, RoleFlow>;
  #budget = reviveBurst;
  #earnedMs = 0;

  constructor(roles: readonly string[]) {
    const never = Number.NEGATIVE_INFINITY;
    const fresh = (): RoleFlow => ({ flow: "asked", news: false, askedMs: never, heardMs: never, openMs: never });
    this.#roles = new Map(roles.map((role) => [role, fresh()]));
  }

  /**
   * After SUBSCRIBED: the master offers afresh to all roles but those that the subscription suppressed. News stays news: a
   * master that took the old stream for alive keeps the filters of what was declined on it.
   */
  subscribed(suppressed: readonly string[], now: number): void {
    this.#budget = reviveBurst;
    this.#earnedMs = now;
    for (const [role, flow] of this.#roles) {
      flow.flow = suppressed.includes(role) ? "suppressed" : "asked";
      // The first REVIVE may come at once: a workload that is created right after the start must not wait for a tick.
      flow.askedMs = Number.NEGATIVE_INFINITY;
      flow.heardMs = now;
      flow.openMs = now;
    }
  }

  /** New work for the role: its filters are to be cleared. */
  news(role: string): void {
    const flow = this.#roles.get(role);
    if (flow !== undefined) flow.news = true;
  }

  /** An offer came. */
  heard(role: string, now: number): void {
    const flow = this.#roles.get(role);
    if (flow === undefined) return;
    flow.heardMs = now;
    if (flow.flow === "asked") flow.flow = "flowing";
  }

  flowOf(role: string): Flow {
    return this.#roles.get(role)?.flow ?? "suppressed";
  }

  /** When the last offer came, to whatever role, or could have begun to come. */
  heardMs(): number {
    return Math.max(...[...this.#roles.values()].map(({ heardMs, openMs }) => Math.max(heardMs, openMs)));
  }

  /** Roles that Mesos keeps silent now. */
  suppressed(): readonly string[] {
    return [...this.#roles].filter(([, { flow }]) => flow === "suppressed").map(([role]) => role);
  }

  /** What to ask for now. A REVIVE that is named here is paid for. */
  plan(wishes: ReadonlyMap<string, Wish>, now: number): FlowCalls {
    const entries = [...this.#roles];
    for (const [role, flow] of entries) if (!wishes.has(role)) flow.news = false;
    const suppress = entries.filter(([role, { flow }]) => !wishes.has(role) && flow !== "suppressed");
    const due = entries.filter(([role, flow]) => {
      const wish = wishes.get(role);
      if (wish === undefined || now - flow.askedMs < minReviveGapMs) return false;
      const silentMs = now - Math.max(flow.heardMs, flow.askedMs);
      const patienceMs = wish === "waiting" ? reviveAfterMs : listenAgainMs;
      return flow.news || flow.flow === "suppressed" || silentMs > patienceMs;
    });
    const names = (list: readonly (readonly [string, RoleFlow])[]) => list.map(([role]) => role);
    return { suppress: names(suppress), revive: due.length > 0 && this.#pay(now) ? names(due) : [] };
  }

  /** SUPPRESS was taken. */
  silenced(roles: readonly string[]): void {
    for (const role of roles) {
      const flow = this.#roles.get(role);
      if (flow !== undefined) flow.flow = "suppressed";
    }
  }

  /** REVIVE was tried; only one that was taken is one. */
  revived(roles: readonly string[], taken: boolean, now: number): void {
    for (const role of roles) {
      const flow = this.#roles.get(role);
      if (flow === undefined) continue;
      flow.askedMs = now;
      if (!taken) continue;
      flow.news = false;
      if (flow.flow === "suppressed") flow.openMs = now;
      flow.flow = "asked";
    }
  }

  #pay(now: number): boolean {
    const earned = Math.floor((now - this.#earnedMs) / reviveEarnMs);
    if (earned > 0) {
      this.#budget = Math.min(reviveBurst, this.#budget + earned);
      this.#earnedMs = this.#budget === reviveBurst ? now : this.#earnedMs + earned * reviveEarnMs;
    }
    if (this.#budget === 0) return false;
    this.#budget -= 1;
    return true;
  }
}

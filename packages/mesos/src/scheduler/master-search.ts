// Which master to try next: the detector's masters in turn, whatever they redirect to, and at once another one when the
// detector sees the leadership move.
import type { Clock, Logger } from "@cke/foundation";
import type { MasterDetector } from "../detection/detector.ts";
import { describeEndpoint, type MesosEndpoint } from "../detection/master-address.ts";
import type { SchedulerConnectionEnd } from "./scheduler-options.ts";

const maxRedirects = 5;

/** What became of one attempt to subscribe. */
export type Attempt =
  | { readonly kind: "end"; readonly end: SchedulerConnectionEnd }
  /** There was a subscription, and it is over. */
  | { readonly kind: "lost"; readonly lastedMs: number }
  | { readonly kind: "redirected"; readonly to: MesosEndpoint }
  /** Not there, or not ready: another master may help. */
  | { readonly kind: "unavailable" };
type RoundEnd = Exclude<Attempt, { kind: "redirected" }>;

/** `signal` is aborted when the attempt, or the subscription it led to, is no longer worth anything. */
type Try = (endpoint: MesosEndpoint, signal: AbortSignal) => Promise<Attempt>;

export class MasterSearch {
  readonly #detector: MasterDetector;
  readonly #log: Logger;
  /** The master that took the last subscription: tried first, unless the detector knows better. */
  #leader: MesosEndpoint | undefined;
  #current: { readonly endpoint: MesosEndpoint; readonly abort: AbortController } | undefined;
  #unwatch: (() => void) | undefined;
  #moves = 0;
  #wake: (() => void) | undefined;

  constructor(detector: MasterDetector, log: Logger) {
    this.#detector = detector;
    this.#log = log;
  }

  start(): void {
    this.#unwatch = this.#detector.watch?.((leader) => this.#moved(leader));
  }

  async close(): Promise<void> {
    this.#unwatch?.();
    await this.#detector.close?.();
  }

  /** How often the detector has seen the leadership move. */
  get moves(): number {
    return this.#moves;
  }

  /** Waits, but not longer than until the leadership moves. Rejects with the signal's reason when it is aborted. */
  async pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const move = new AbortController();
    this.#wake = () => move.abort();
    try {
      await clock.sleep(ms, AbortSignal.any([signal, move.signal]));
    } catch (error) {
      if (signal.aborted || !move.signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }

  /** This master took a subscription. */
  leads(endpoint: MesosEndpoint): void {
    this.#leader = endpoint;
  }

  /** Tries every master once, until one takes the subscription (and loses it) or refuses it. */
  async round(signal: AbortSignal, attempt: Try): Promise<RoundEnd> {
    const masters = await this.#detector.masters(signal);
    const leader = this.#detector.watch === undefined ? this.#leader : undefined;
    this.#leader = undefined;
    const name = leader && describeEndpoint(leader);
    const others = masters.filter((master) => describeEndpoint(master) !== name);
    for (const endpoint of leader === undefined ? others : [leader, ...others]) {
      const result = await this.#follow(endpoint, signal, attempt);
      if (result.kind !== "unavailable" || signal.aborted) return result;
    }
    return { kind: "unavailable" };
  }

  /** Tries a master and whatever it redirects to. */
  async #follow(first: MesosEndpoint, signal: AbortSignal, attempt: Try): Promise<RoundEnd> {
    let endpoint = first;
    for (let hop = 0; hop <= maxRedirects && !signal.aborted; hop += 1) {
      const answer = await this.#try(endpoint, signal, attempt);
      if (answer.kind !== "redirected") return answer;
      const leader = describeEndpoint(answer.to);
      this.#log.debug("the master redirects to the leader", { master: describeEndpoint(endpoint), leader });
      endpoint = answer.to;
    }
    return { kind: "unavailable" };
  }

  async #try(endpoint: MesosEndpoint, signal: AbortSignal, attempt: Try): Promise<Attempt> {
    const abort = new AbortController();
    this.#current = { endpoint, abort };
    try {
      return await attempt(endpoint, AbortSignal.any([abort.signal, signal]));
    } finally {
      this.#current = undefined;
    }
  }

  #moved(leader: MesosEndpoint): void {
    this.#moves += 1;
    const name = describeEndpoint(leader);
    const { endpoint, abort } = this.#current ?? {};
    if (endpoint !== undefined && describeEndpoint(endpoint) !== name) {
      abort?.abort(new Error(`the leading master is ${name} now`));
    }
    this.#wake?.();
  }
}

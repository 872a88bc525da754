// Decides the faults of single calls, events and store accesses in a simulated run, by an intensity of 0 to 1 for each
// kind. Everything follows from the run's seed.
import type { KnownSchedulerEvent } from "@cke/mesos";
import type { CallFate, EventFate, FaultModel } from "@cke/mesos-local/simulation";
import type { FrameworkCall } from "@cke/scheduler/framework/interfaces/mesos-connection";
import type { StoreFate } from "../scheduler/simulated-store.ts";
import type { FaultCount, FaultKind } from "./fault-kinds.ts";

export interface FaultIntensityOptions {
  readonly random: () => number;
  readonly faults: FaultCount;
  readonly now: () => number;
  readonly onCall: (call: FrameworkCall) => void;
  readonly onEvent: (event: KnownSchedulerEvent) => void;
}

export class FaultIntensity implements FaultModel {
  readonly #options: FaultIntensityOptions;
  /** The chance of each fault for a single call, event or access. */
  readonly chances = new Map<FaultKind, number>();
  /** The event stream is slow until this time, UNIX ms. */
  slowStreamUntilMs = 0;
  storeAwayUntilMs = 0;
  storeSlowUntilMs = 0;

  constructor(options: FaultIntensityOptions) {
    this.#options = options;
  }

  /** Ends all faults. */
  clear(): void {
    this.chances.clear();
    this.slowStreamUntilMs = 0;
    this.storeAwayUntilMs = 0;
    this.storeSlowUntilMs = 0;
  }

  call(call: FrameworkCall): CallFate {
    this.#options.onCall(call);
    const delayMs = this.#between(0.5, 5);
    if (this.#strikes("call_lost")) return { kind: "lost", timeoutMs: this.#between(1, 15_000) };
    if (this.#strikes("call_answer_lost")) return { kind: "answer_lost", delayMs, timeoutMs: this.#between(1, 15_000) };
    if (this.#strikes("call_delayed")) return { kind: "delivered", delayMs: this.#between(100, 5_000) };
    return { kind: "delivered", delayMs };
  }

  event(event: KnownSchedulerEvent): EventFate {
    this.#options.onEvent(event);
    if (this.#strikes("record_torn"))
      return { copies: 0, lateMs: 0, tornAt: this.#options.random(), ends: this.#options.random() < 0.5 };
    if (event.type !== "UPDATE" && event.type !== "FAILURE" && event.type !== "RESCIND")
      return { copies: 0, lateMs: 0 };
    const copies = event.type === "UPDATE" && this.#strikes("update_duplicated") ? 1 : 0;
    // Updates of the master arrive in order. Updates of agents may overtake each other.
    const ordered = event.type === "UPDATE" && event.update.status.uuid === undefined;
    const lateMs = !ordered && this.#strikes("event_reordered") ? this.#between(10, 20_000) : 0;
    return { copies, lateMs };
  }

  /** True when a request to a cluster's API server, or its answer, is lost. */
  kubernetes(): boolean {
    return this.#strikes("kubernetes_answer_lost");
  }

  streamDelayMs(): number {
    return this.#options.now() < this.slowStreamUntilMs ? this.#between(500, 3_000) : this.#between(0.5, 5);
  }

  store(commit: boolean): StoreFate {
    const { faults, now } = this.#options;
    if (now() < this.storeAwayUntilMs) {
      faults.add("store_away");
      return { kind: "away", delayMs: this.#between(1, 2_000) };
    }
    if (commit && this.#strikes("store_unsure")) return { kind: "unsure", delayMs: this.#between(1, 2_000) };
    if (now() < this.storeSlowUntilMs) {
      faults.add("store_slow");
      return { kind: "fine", delayMs: this.#between(100, 3_000) };
    }
    return { kind: "fine", delayMs: 0 };
  }

  #strikes(kind: FaultKind): boolean {
    const chance = this.chances.get(kind) ?? 0;
    if (chance === 0 || this.#options.random() >= chance) return false;
    this.#options.faults.add(kind);
    return true;
  }

  #between(least: number, most: number): number {
    return least + this.#options.random() * (most - least);
  }
}

// Kills the leading scheduler at a chosen commit or call, before or after it takes effect, without a word to Mesos or the
// store.

import type { SchedulerInstance } from "../scheduler/scheduler-instance.ts";
import type { FaultKind } from "./fault-kinds.ts";

export type CrashPoint = "commit" | "call";

const kinds = {
  commit: "scheduler_crashed_at_commit",
  call: "scheduler_crashed_at_call",
} as const satisfies Record<CrashPoint, FaultKind>;

export class SchedulerCrashPoint {
  readonly #onDeath: (kind: FaultKind, words: string) => void;
  /** Moments before and after commits or calls that the leader has left; undefined: it lives on. */
  #armed: { readonly at: CrashPoint; left: number } | undefined;

  constructor(onDeath: (kind: FaultKind, words: string) => void) {
    this.#onDeath = onDeath;
  }

  /** The leader dies at a commit or call: each is two moments, before and after it has its effect; at the n-th next one. */
  arm(at: CrashPoint, left: number): void {
    this.#armed = { at, left };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** Before and after a commit or call of this scheduler: never resolves when it is dead, or dies here. */
  async reach(at: CrashPoint, instance: SchedulerInstance | undefined, leads: boolean): Promise<void> {
    if (instance?.alive !== true) return await new Promise<never>(() => {});
    const armed = this.#armed;
    if (armed === undefined || armed.at !== at || !leads) return;
    armed.left -= 1;
    if (armed.left > 0) return;
    this.#armed = undefined;
    this.#onDeath(kinds[at], `${instance.name} dies at a ${at}`);
    instance.die();
    await new Promise<never>(() => {});
  }
}

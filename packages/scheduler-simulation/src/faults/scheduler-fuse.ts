// The end of a scheduler at a chosen commit or call: before or after it has its effect, and nobody is told.

import type { SchedulerInstance } from "../world/scheduler-instance.ts";
import type { FaultKind } from "./fault-kinds.ts";

export type FusePoint = "commit" | "call";

const kinds = {
  commit: "scheduler_crashed_at_commit",
  call: "scheduler_crashed_at_call",
} as const satisfies Record<FusePoint, FaultKind>;

export class SchedulerFuse {
  readonly #onDeath: (kind: FaultKind, words: string) => void;
  /** Moments before and after commits or calls that the leader has left; undefined: it lives on. */
  #lit: { readonly at: FusePoint; left: number } | undefined;

  constructor(onDeath: (kind: FaultKind, words: string) => void) {
    this.#onDeath = onDeath;
  }

  /** The leader dies at a commit or call: each is two moments, before and after it has its effect; at the n-th next one. */
  light(at: FusePoint, left: number): void {
    this.#lit = { at, left };
  }

  extinguish(): void {
    this.#lit = undefined;
  }

  /** Before and after a commit or call of this scheduler: never resolves when it is dead, or dies here. */
  async burn(at: FusePoint, instance: SchedulerInstance | undefined, leads: boolean): Promise<void> {
    if (instance?.alive !== true) return await new Promise<never>(() => {});
    const lit = this.#lit;
    if (lit === undefined || lit.at !== at || !leads) return;
    lit.left -= 1;
    if (lit.left > 0) return;
    this.#lit = undefined;
    this.#onDeath(kinds[at], `${instance.name} dies at a ${at}`);
    instance.die();
    await new Promise<never>(() => {});
  }
}

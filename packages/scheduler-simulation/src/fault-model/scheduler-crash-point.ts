// Kills the leading scheduler at a chosen commit or call, before or after its effect. Neither Mesos nor the store gets
// a message about it.

import type { SchedulerInstance } from "../scheduler/scheduler-instance.ts";
import type { FaultKind } from "./fault-kinds.ts";

export type CrashPoint = "commit" | "call";

const kinds = {
  commit: "scheduler_crashed_at_commit",
  call: "scheduler_crashed_at_call",
} as const satisfies Record<CrashPoint, FaultKind>;

export class SchedulerCrashPoint {
  readonly #onDeath: (kind: FaultKind, words: string) => void;
  /** Number of crash points until the leader dies; undefined: it does not die. */
  #armed: { readonly at: CrashPoint; left: number } | undefined;

  constructor(onDeath: (kind: FaultKind, words: string) => void) {
    this.#onDeath = onDeath;
  }

  /**
   * The leader dies at the n-th crash point from now. Every commit or call has two crash points: before and after its
   * effect.
   */
  arm(at: CrashPoint, left: number): void {
    this.#armed = { at, left };
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** Call it before and after each commit or call. It never resolves for a scheduler that is dead or dies here. */
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

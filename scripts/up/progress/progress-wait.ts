// Waiting as long as there is progress: a busy machine may take long, a broken one stands still. Every wait has an end,
// late, and its error says what was waited for and what was seen last.
import { setTimeout as delay } from "node:timers/promises";

/** What one look has found: the end of the wait, or how far things are. */
export type Look<T> =
  | { readonly done: T }
  | {
      /** Changes as long as things go on. */
      readonly progress: string;
      /** What is missing, in one line; "" when nobody knows. */
      readonly words: string;
    };

export interface Wait<T> {
  /** "cke-scheduler to be ready" */
  readonly what: string;
  readonly look: () => Promise<Look<T>>;
  /** Why waiting is in vain, in words, such as the end of the process; "" while there is hope. */
  readonly lost?: () => string;
  /** The wait ends when progress has not changed for so long. */
  readonly silentMs: number;
  /** Told every `tellMs` what is waited for. */
  readonly tell?: (line: string) => void;
  readonly tellMs?: number;
  readonly pollMs?: number;
}

export interface WaitClock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

const systemWaitClock: WaitClock = { now: () => performance.now(), pause: (ms) => delay(ms) };

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** Looks until the wait is over; gives what it ended with. Rejects when it is lost, or when nothing changed for too long. */
export async function waitWhileProgress<T>(wait: Wait<T>, clock: WaitClock = systemWaitClock): Promise<T> {
  const { what, silentMs, tellMs = 15_000, pollMs = 200 } = wait;
  const started = clock.now();
  let changed = started;
  let told = started;
  let progress: string | undefined;
  for (;;) {
    const found = await wait.look();
    if ("done" in found) return found.done;
    const now = clock.now();
    if (found.progress !== progress) changed = now;
    progress = found.progress;
    const missing = found.words === "" ? "" : `: ${found.words}`;
    const lost = wait.lost?.() ?? "";
    if (lost !== "") throw new Error(`waited ${seconds(now - started)} for ${what}${missing}; ${lost}`);
    if (now - changed >= silentMs)
      throw new Error(
        `waited ${seconds(now - started)} for ${what}${missing}; nothing has changed for ${seconds(now - changed)}`,
      );
    if (now - told >= tellMs) {
      told = now;
      wait.tell?.(`waiting for ${what} (${seconds(now - started)})${missing}`);
    }
    await clock.pause(pollMs);
  }
}

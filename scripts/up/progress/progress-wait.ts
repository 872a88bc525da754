// Waits as long as there is progress: a busy machine may take long, a broken one makes no progress. Every wait ends at
// last, and its error says what it waited for and what it saw last.
import { setTimeout as delay } from "node:timers/promises";

/** The result of one look: the end of the wait, or the state of progress. */
export type Look<T> =
  | { readonly done: T }
  | {
      /** It changes as long as there is progress. */
      readonly progress: string;
      /** What is missing, in one line; "" when it is not known. */
      readonly words: string;
    };

export interface Wait<T> {
  /** For example "cke-scheduler to be ready". */
  readonly what: string;
  readonly look: () => Promise<Look<T>>;
  /** Why waiting has become useless, such as the end of the process; "" while it is useful. */
  readonly lost?: () => string;
  /** The wait ends when progress has not changed for this time. */
  readonly silentMs: number;
  /** Called every `tellMs` with a line about what it waits for. */
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

/**
 * Looks repeatedly until the wait is over, and returns its result. Rejects when waiting has become useless, or when
 * progress has not changed for too long.
 */
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

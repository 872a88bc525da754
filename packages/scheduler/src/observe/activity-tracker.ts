// Tracks requests and long activities while they run, so that GET /stack can show what waits, since when, and which code began it.
import type { Clock } from "@cke/foundation";

export interface PendingActivity {
  readonly name: string;
  /** Milliseconds since it began. */
  readonly ageMs: number;
  /** Stack of the caller that began it; absent for requests. */
  readonly stack?: string;
}

export class ActivityTracker {
  readonly #clock: Clock;
  readonly #pending = new Map<symbol, { readonly name: string; readonly since: number; readonly stack?: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Registers something pending; the returned function, called when it is over, may be called again without harm. */
  begin(name: string): () => void {
    const id = Symbol(name);
    this.#pending.set(id, { name, since: this.#clock.monotonic() });
    return () => void this.#pending.delete(id);
  }

  /** Registers a task for as long as its promise is pending. */
  async track<T>(name: string, task: () => Promise<T>): Promise<T> {
    const id = Symbol(name);
    const stack = new Error(name).stack?.split("\n").slice(2).join("\n") ?? "";
    this.#pending.set(id, { name, since: this.#clock.monotonic(), stack });
    try {
      return await task();
    } finally {
      this.#pending.delete(id);
    }
  }

  /** What is pending, oldest first. */
  pending(): readonly PendingActivity[] {
    const now = this.#clock.monotonic();
    return [...this.#pending.values()].map(({ since, ...task }) => ({ ...task, ageMs: now - since }));
  }
}

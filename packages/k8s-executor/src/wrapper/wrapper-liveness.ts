// Finds out whether the wrapper answers, by a call every few seconds. The stream of events cannot tell: a frozen program (docker
// pause, SIGSTOP, a host that swaps) keeps its connections open, and a healthy wrapper may have no events.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { WrapperClient } from "./wrapper-client.ts";

export interface LivenessOptions {
  readonly wrapper: Pick<WrapperClient, "info">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** UNIX time in ms of the last answer; undefined when the wrapper answers again. */
  readonly onChange: (silentSinceMs: number | undefined) => void;
  /** Time between two calls, in ms; default 4 s. The client gives a call up after 6 s. */
  readonly periodMs?: number;
  /** A wrapper that has not answered for this long counts as silent, in ms; default 15 s. */
  readonly silentMs?: number;
}

/** At least two calls must have failed: a single one may have failed because this program itself was stopped meanwhile. */
const fewestQuestions = 2;

export class WrapperLiveness {
  readonly #options: LivenessOptions;
  #answeredAt: number;
  #answeredAtMs: number;
  #failed = 0;
  #silent = false;

  /** Begins to count now, as if the wrapper had just answered. */
  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#answeredAt = options.clock.monotonic();
    this.#answeredAtMs = options.clock.now();
  }

  /** Milliseconds since the last answer. */
  silenceMs(): number {
    return this.#options.clock.monotonic() - this.#answeredAt;
  }

  /** True while the wrapper counts as silent. */
  get silent(): boolean {
    return this.#silent;
  }

  /** The wrapper has answered something. */
  heard(): void {
    const { clock, logger, onChange } = this.#options;
    this.#answeredAt = clock.monotonic();
    this.#answeredAtMs = clock.now();
    this.#failed = 0;
    if (!this.#silent) return;
    this.#silent = false;
    logger.info("the wrapper answers again");
    onChange(undefined);
  }

  /** Until `signal` is aborted; never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { wrapper, clock, periodMs = 4_000 } = this.#options;
    while (!signal.aborted) {
      const asked = clock.monotonic();
      try {
        await wrapper.info();
        if (!signal.aborted) this.heard();
      } catch (error) {
        if (!signal.aborted) this.#unanswered(messageOf(error));
      }
      const rest = Math.max(0, periodMs - (clock.monotonic() - asked));
      await clock.sleep(rest, signal).catch(() => {});
    }
  }

  #unanswered(detail: string): void {
    const { logger, onChange, silentMs = 15_000 } = this.#options;
    this.#failed += 1;
    if (this.#silent || this.#failed < fewestQuestions || this.silenceMs() < silentMs) return;
    this.#silent = true;
    logger.warning("the wrapper does not answer", { detail, silentMs: Math.round(this.silenceMs()) });
    onChange(this.#answeredAtMs);
  }
}

// Runs tasks one after the other: every change of the agent's state goes through this queue, so that a step which waits for
// the disk is never interleaved with another one. A task must not wait for one that is queued behind it.
import { CkeError, type Logger, messageOf } from "@cke/foundation";

export class SerialQueue {
  readonly #logger: Logger;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Runs `task` after all earlier ones; resolves or rejects with its outcome. Rejects with `stopped` once closed. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new CkeError("stopped", "the agent was stopped", { retryable: true }));
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Like run(), for callers that do not wait: a failure is logged; once closed nothing happens. */
  post(task: () => void | Promise<void>): void {
    if (this.#closed) return;
    this.run(task).catch((error: unknown) => {
      this.#logger.error("a step of the agent failed", { problem: messageOf(error), error });
    });
  }

  /** Takes nothing more; resolves when everything queued so far has been done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}

// Sends what the ledger holds, one update at a time: calls travel on connections of their own and could overtake each other.
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { AgentLink } from "./agent-link.ts";
import type { StatusLedger } from "./status-ledger.ts";

export interface StatusSenderOptions {
  readonly link: AgentLink;
  readonly clock: Clock;
  readonly logger: Logger;
}

const resendMs = 1_000;

export class StatusSender {
  readonly #options: StatusSenderOptions;
  readonly #ledger: StatusLedger;
  #connected = false;
  #sending = false;
  #cancelResend: (() => void) | undefined;

  constructor(options: StatusSenderOptions, ledger: StatusLedger) {
    this.#options = options;
    this.#ledger = ledger;
  }

  connected(): void {
    this.#connected = true;
    this.wake();
  }

  /** The connection broke. The next SUBSCRIBE carries every unacknowledged update. */
  disconnected(): void {
    this.#connected = false;
    this.#cancelResend?.();
    this.#cancelResend = undefined;
    this.#ledger.markUnsent();
  }

  /** Starts sending if there is something to send. */
  wake(): void {
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let status = this.#next(); status !== undefined; status = this.#next()) await this.#send(status);
    this.#sending = false;
  }

  #next(): TaskStatus | undefined {
    return this.#connected && this.#cancelResend === undefined ? this.#ledger.nextUnsent() : undefined;
  }

  async #send(status: TaskStatus): Promise<void> {
    const { link, clock, logger } = this.#options;
    this.#ledger.markSent(status);
    try {
      await link.update(status);
    } catch (error) {
      const hopeless = error instanceof CkeError && !error.retryable;
      logger.warning("the agent did not take an update", {
        taskId: status.task_id.value,
        detail: messageOf(error),
        next: hopeless ? "with the next subscription" : "in a second",
      });
      if (hopeless || !this.#connected) return;
      this.#ledger.markUnsent(status);
      this.#cancelResend = clock.after(resendMs, () => {
        this.#cancelResend = undefined;
        this.wake();
      });
    }
  }
}

// Whether the framework is subscribed at a Mesos master, and why not. /readyz shows it, so that an operator need not
// read the log.
import type { Logger } from "@cke/foundation";

export class Subscription {
  readonly #logger: Logger;
  #active = false;
  #reason = "looking for the leading master";

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** True after SUBSCRIBED was handled. Before that no call may be made. */
  get active(): boolean {
    return this.#active;
  }

  /** Why the framework is not subscribed; "" when it is. */
  get problem(): string {
    return this.#active ? "" : this.#reason;
  }

  begun(): void {
    this.#active = true;
  }

  lost(reason: string): void {
    if (this.#active) this.#logger.warning("not subscribed with the Mesos master", { reason });
    this.#active = false;
    this.#reason = reason;
  }

  /** A try has failed. `words`: what the master or the network said. */
  refused(words: string): void {
    this.#reason = words;
  }
}

// Whether the framework is subscribed at a Mesos master, and why not: an operator asks /readyz before he reads a log.
import type { Logger } from "@cke/foundation";

export class Subscription {
  readonly #logger: Logger;
  #active = false;
  #reason = "looking for the leading master";

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** True only once SUBSCRIBED was handled: before that nothing may be called. */
  get active(): boolean {
    return this.#active;
  }

  /** Why nobody is subscribed, in words; "" when the framework is. */
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

  /** A try that was in vain: what the master, or the network, said. */
  refused(words: string): void {
    this.#reason = words;
  }
}

// Many writers, one sync: who waits while the disk is busy shares the next round. The disk works in another thread, so that
// nothing else waits for it. After a sync that failed nobody knows what is on the disk, and nothing is promised any more.

export class GroupSync {
  readonly #sync: () => Promise<void>;
  #written = 0;
  #durable = 0;
  #round: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `sync` makes durable what was written before it is called. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Tells of a write. */
  wrote(): void {
    this.#written += 1;
  }

  /** Resolves when everything written so far is durable. Rejects when a sync has failed, now or ever. */
  async durable(): Promise<void> {
    const wanted = this.#written;
    while (this.#durable < wanted) {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#round ??= this.#run();
      await this.#round;
    }
  }

  /** Of a sync, now or ever. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  async #run(): Promise<void> {
    const written = this.#written;
    try {
      await this.#sync();
      this.#durable = written;
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#round = undefined;
    }
  }
}

// What a guest that has left has on its old host: the domain, which is ended and forgotten, however long its daemon is away meanwhile.
import type { Hypervisor } from "./hypervisor.ts";
import { withConnection } from "./with-connection.ts";
import { untilAborted } from "./with-deadline.ts";

interface Opened {
  readonly hypervisor: Pick<Hypervisor, "whenConnected">;
  readonly domain: { forget(): Promise<void> };
}

export class LeftDomain {
  readonly #open: () => Promise<Opened>;
  /** Ends also when nobody waits for it any more. Never rejects. */
  #forgetting: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<Opened>) {
    this.#open = open;
  }

  /** Throws the signal's reason when that comes first; a question that the daemon has taken goes on then. */
  async forget(signal: AbortSignal): Promise<void> {
    const { hypervisor, domain } = await untilAborted(this.#open(), signal);
    const work = withConnection(hypervisor, () => domain.forget(), signal);
    this.#forgetting = Promise.allSettled([this.#forgetting, work]);
    await untilAborted(work, signal);
  }

  /** Resolves when no question is under way that would end a guest which is started now. Throws the signal's reason. */
  async settled(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#forgetting, signal);
  }
}

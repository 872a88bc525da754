// Looks at a guest whenever something may have happened to it: at its events, after a gap in them, and every now and then, for
// events are a hint and the state is the truth. Looks come one after the other.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { type DomainEvent, type DomainRef, LibvirtConnectionError } from "@cke/libvirt";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import { type GuestHistory, type GuestSight, noHistory } from "../state/guest-state.ts";

export interface GuestWatchOptions {
  readonly hypervisor: Hypervisor;
  readonly domain: DomainRef;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves before the next look. Must not throw. */
  readonly onSight: (sight: GuestSight, history: GuestHistory) => Promise<void>;
  readonly onAgent: (connected: boolean) => void;
}

const lookMs = 15_000;
const kinds = ["lifecycle", "io-error", "watchdog", "agent", "reboot"] as const;

export class GuestWatch {
  readonly #options: GuestWatchOptions;
  #history = noHistory;
  #held = 0;
  #wake = Promise.withResolvers<void>();

  constructor(options: GuestWatchOptions) {
    this.#options = options;
  }

  /** A new guest begins: what events told of the last one is forgotten. */
  forget(): void {
    this.#history = noHistory;
  }

  /** Looks soon. */
  poke(): void {
    this.#wake.resolve();
  }

  /** Looks at nothing while the work lasts: it ends and starts the guest on purpose. Then it looks. */
  async whileHeld<T>(work: () => Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Work on the guest is under way, or it is not this host's. */
  get isHeld(): boolean {
    return this.#held > 0;
  }

  /** Looks at nothing any more: the guest is not this host's. */
  hold(): void {
    this.#held += 1;
  }

  /** After `hold`: the guest is this host's again. */
  release(): void {
    this.#held -= 1;
    if (this.#held === 0) this.#history = noHistory;
    this.poke();
  }

  /** Registers for events, before the guest is started: nothing of it is missed. Until the signal is aborted. */
  async listen(signal: AbortSignal): Promise<void> {
    const { hypervisor } = this.#options;
    const listener = { event: (event: DomainEvent) => this.#event(event), gap: () => this.poke() };
    const stop = await withConnection(hypervisor, () => hypervisor.events.listen(listener, { kinds, signal }), signal);
    const end = () => {
      stop();
      this.poke();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  }

  /** Looks again and again. Resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      await this.#look(signal);
      if (signal.aborted) return;
      const cancel = this.#options.clock.after(lookMs, () => this.poke(), { background: true });
      // What happened during the look wakes it at once.
      await this.#wake.promise;
      cancel();
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (this.#held > 0) return;
    const { hypervisor, domain, onSight } = this.#options;
    try {
      await hypervisor.whenConnected({ signal });
      const found = await hypervisor.domains.byUuid(domain.uuid, { signal });
      const sight: GuestSight =
        found === undefined
          ? { state: "absent", reason: "unknown" }
          : await hypervisor.domains.state(found, { signal });
      // Work on the guest may have begun during the question.
      if (this.#held > 0 || signal.aborted) return;
      await onSight(sight, this.#history);
    } catch (error) {
      if (!signal.aborted) await this.#failed(error, signal);
    }
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    // That the daemon is away is told by its connection.
    if (!(error instanceof LibvirtConnectionError))
      logger.warning("cannot look at the guest", { detail: messageOf(error) });
    await clock.sleep(1_000, signal).catch(() => {});
    this.poke();
  }

  #event(event: DomainEvent): void {
    if (event.domain.uuid !== this.#options.domain.uuid) return;
    const history = this.#history;
    if (event.kind === "lifecycle") {
      if (event.event === "crashed")
        this.#history = { ...history, panicked: event.detail === "panicked" || history.panicked };
      if (event.event === "shutdown" && event.detail === "host") this.#history = { ...history, hostSignal: true };
      if (event.event === "resumed") this.#history = { ...history, ioErrors: [] };
    }
    if (event.kind === "io-error" && event.action === "pause") {
      const disk = event.device === "" ? event.path : event.device;
      const others = history.ioErrors.filter((one) => one.disk !== disk).slice(-15);
      this.#history = { ...history, ioErrors: [...others, { disk, reason: event.reason }] };
    }
    if (event.kind === "agent" && event.state !== "unknown") this.#options.onAgent(event.state === "connected");
    this.poke();
  }
}

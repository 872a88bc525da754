// The connection to the host's daemon of libvirt: made as often as it takes, and mended when it breaks.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { ConnectHypervisor, Hypervisor } from "./hypervisor.ts";
import { type DaemonAddress, unreachableWords } from "./libvirt-uri.ts";

export interface HypervisorLinkOptions {
  readonly address: DaemonAddress;
  readonly connect: ConnectHypervisor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The daemon has been away since this UNIX time in ms, with why; 0 when it is there again. */
  readonly onAway: (sinceMs: number, why: string) => void;
}

export class HypervisorLink {
  readonly #options: HypervisorLinkOptions;
  #hypervisor: Hypervisor | undefined;
  #awaySinceMs = 0;

  constructor(options: HypervisorLinkOptions) {
    this.#options = options;
  }

  /** Defined since the daemon has answered for the first time. */
  get hypervisor(): Hypervisor | undefined {
    return this.#hypervisor;
  }

  /** UNIX time in ms since which the daemon is away; 0 while it is there. */
  get awaySinceMs(): number {
    return this.#awaySinceMs;
  }

  /**
   * Connects. Tries again for `patienceMs`, with `onWait` told why, then throws CkeError `libvirt_unreachable`, whose message says
   * what to do.
   */
  async open(patienceMs: number, onWait: (words: string) => void, signal: AbortSignal): Promise<Hypervisor> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + patienceMs;
    const backoff = new Backoff({ baseMs: 250, maxMs: 5_000 });
    for (;;) {
      try {
        this.#hypervisor ??= await this.#connect(signal);
        return this.#hypervisor;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (clock.monotonic() >= deadline) throw error;
        onWait(messageOf(error));
        await clock.sleep(backoff.next(), signal);
      }
    }
  }

  async close(): Promise<void> {
    await this.#hypervisor?.close();
    this.#hypervisor = undefined;
  }

  async #connect(signal: AbortSignal): Promise<Hypervisor> {
    const { address, connect } = this.#options;
    let last: unknown;
    for (const socketPath of address.socketPaths) {
      try {
        const onState = (state: Hypervisor["state"], why: string) => this.#onState(state, why);
        return await connect(socketPath, { uri: address.uri, onState, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // Of two sockets, the one that is there says more.
        if (last === undefined || systemCode(error) !== "ENOENT") last = error;
      }
    }
    const words = unreachableWords(address, systemCode(last), messageOf(last));
    throw new CkeError("libvirt_unreachable", words, { cause: last, retryable: true });
  }

  #onState(state: Hypervisor["state"], why: string): void {
    const { clock, logger, onAway } = this.#options;
    if (state === "closed") return;
    if (state === "connected") {
      if (this.#awaySinceMs === 0) return;
      this.#awaySinceMs = 0;
      logger.info("the libvirt daemon answers again");
      onAway(0, "");
      return;
    }
    if (this.#awaySinceMs !== 0) return;
    this.#awaySinceMs = clock.now();
    logger.warning("the libvirt daemon is away", { detail: why });
    onAway(this.#awaySinceMs, why);
  }
}

/** ENOENT, ECONNREFUSED, …, also of a cause; "" when there is none. */
function systemCode(error: unknown): string {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if ("syscall" in one && "code" in one && typeof one.code === "string") return one.code;
  }
  return "";
}

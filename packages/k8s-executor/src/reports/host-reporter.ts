// Reports to the scheduler what this host has: at the launch, after each change, and again from time to time, because messages may
// be lost.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { ExecutorMessage } from "@cke/protocol";
import type { Engine } from "../docker/engine.ts";
import { type HostInterest, hostReport } from "./host-report.ts";

/** Time between two looks at the host. */
const lookMs = 60_000;
/** An unchanged report is sent again after this time. */
const repeatMs = 600_000;

export interface HostReporterOptions {
  readonly engine: Pick<Engine, "networks" | "images">;
  readonly interest: HostInterest;
  readonly send: (message: Uint8Array) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class HostReporter {
  readonly #options: HostReporterOptions;
  #told: { readonly text: string; readonly atMs: number } | undefined;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: HostReporterOptions) {
    this.#options = options;
  }

  /** Looks now, and goes on looking until it is stopped. */
  begin(): void {
    this.look(false)
      .catch(() => {})
      .finally(() => {
        if (!this.#stopped) this.#cancel = this.#options.clock.after(lookMs, () => this.begin(), { background: true });
      });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Sends a report when something has changed, or when the scheduler has `asked`. Sends none when the engine does not answer. Never rejects. */
  async look(asked: boolean): Promise<void> {
    const { clock, engine, interest, logger, send } = this.#options;
    try {
      const [networks, images] = await Promise.all([engine.networks(), engine.images()]);
      const message = ExecutorMessage.encode({
        message: { kind: "host", value: hostReport(networks, images, interest) },
      });
      const text = Buffer.from(message).toString("base64");
      const now = clock.monotonic();
      if (!asked && text === this.#told?.text && now - this.#told.atMs < repeatMs) return;
      this.#told = { text, atMs: now };
      send(message);
    } catch (error) {
      logger.debug("the host's networks and images are not known", { detail: messageOf(error) });
    }
  }
}

// Whether a node can take what its BIRD would lead to it: its kube-proxy translates addresses of Services, its API server answers.
import type { Clock, Logger } from "@cke/foundation";
import type { ProcessState } from "@cke/protocol";

export interface Serving {
  /** Its kube-proxy works. */
  readonly services: boolean;
  /** Its API server answers. */
  readonly api: boolean;
}

export interface ServingWatchParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is told of each change. */
  readonly bird: { serve(serving: Serving): Promise<void> };
}

/**
 * The rules of a kube-proxy outlive it. One that starts again within this time loses no connection; if its node took the addresses back,
 * routers would lead connections to nodes that do not know them.
 */
const kubeProxyMs = 15_000;

export class ServingWatch {
  readonly #parts: ServingWatchParts;
  #serving: Serving = { services: false, api: false };
  /** Ends the wait for a kube-proxy that may come back. */
  #comesBack: (() => void) | undefined;

  constructor(parts: ServingWatchParts) {
    this.#parts = parts;
  }

  /** Nothing is known of the processes. A node that was taken over goes on with what it announces until they have told. */
  begin(takenOver: boolean): void {
    this.stop();
    this.#become({ services: takenOver, api: takenOver });
  }

  /** A process of the node has told its state. */
  note({ type, healthy }: Pick<ProcessState, "type" | "healthy">): void {
    // Types of processes in `cke.conf`.
    if (type === "apiserver") this.#become({ ...this.#serving, api: healthy });
    if (type !== "kubeproxy") return;
    if (healthy) {
      this.stop();
      this.#become({ ...this.#serving, services: true });
    } else if (this.#serving.services && this.#comesBack === undefined) {
      const late = () => {
        this.#comesBack = undefined;
        this.#become({ ...this.#serving, services: false });
      };
      this.#comesBack = this.#parts.clock.after(kubeProxyMs, late, { background: true });
    }
  }

  /** Nothing follows any more. */
  stop(): void {
    this.#comesBack?.();
    this.#comesBack = undefined;
  }

  #become(serving: Serving): void {
    const { services, api } = this.#serving;
    if (services === serving.services && api === serving.api) return;
    this.#serving = serving;
    this.#parts.bird.serve(serving).catch((error: unknown) => {
      // It is written again with the peers, within a minute.
      this.#parts.logger.warning("what the node announces cannot be changed now", { error });
    });
  }
}

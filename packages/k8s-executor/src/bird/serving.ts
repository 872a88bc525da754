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
 * How long a node goes on with what it announces while the process for it does not work. The rules of a kube-proxy outlive it, so that one which
 * starts again loses no connection; if its node took the addresses back, routers would lead connections to nodes that do not know them. An API
 * server that runs and is slow for a moment is better than none; one that does not run has no such time.
 */
const graceMs = { services: 15_000, api: 10_000 } as const;

export class ServingWatch {
  readonly #parts: ServingWatchParts;
  #serving: Serving = { services: false, api: false };
  /** Ends the wait for a process that may work again. */
  readonly #waits = new Map<keyof Serving, () => void>();

  constructor(parts: ServingWatchParts) {
    this.#parts = parts;
  }

  /** Nothing is known of the processes. A node that was taken over goes on with what it announces until they have told. */
  begin(takenOver: boolean): void {
    this.stop();
    this.#become({ services: takenOver, api: takenOver });
  }

  /**
   * All processes that the wrapper of the node has. One that is missing was stopped on request, perhaps while no executor followed the node: it
   * tells nothing any more.
   */
  present(processes: readonly Pick<ProcessState, "type">[]): void {
    for (const type of ["kubeproxy", "apiserver"])
      if (!processes.some((process) => process.type === type)) this.note({ type, healthy: false, phase: "stopped" });
  }

  /** A process of the node has told its state. */
  note({ type, healthy, phase }: Pick<ProcessState, "type" | "healthy" | "phase">): void {
    // Types of processes in `cke.conf`.
    if (type === "kubeproxy") this.#note("services", healthy, true);
    if (type === "apiserver") this.#note("api", healthy, phase === "running");
  }

  /** Nothing follows any more. */
  stop(): void {
    for (const what of [...this.#waits.keys()]) this.#cancel(what);
  }

  #note(what: keyof Serving, works: boolean, mayComeBack: boolean): void {
    if (works || !mayComeBack) {
      this.#cancel(what);
      this.#become({ ...this.#serving, [what]: works });
    } else if (this.#serving[what] && !this.#waits.has(what)) {
      const late = () => {
        this.#waits.delete(what);
        this.#become({ ...this.#serving, [what]: false });
      };
      this.#waits.set(what, this.#parts.clock.after(graceMs[what], late, { background: true }));
    }
  }

  #cancel(what: keyof Serving): void {
    this.#waits.get(what)?.();
    this.#waits.delete(what);
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

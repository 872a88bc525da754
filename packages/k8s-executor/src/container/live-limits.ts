// The limits of a running container follow those of the processes in it: they are raised before a process may take more, and lowered
// after it takes less.
import { isDeepStrictEqual } from "node:util";
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import type { Engine } from "../docker/engine.ts";
import { containerLimits } from "./container-spec.ts";

export type NodeLimits = Pick<KubeNodeTask, "cpuMillis" | "memoryBytes" | "cfsQuota">;

export interface LiveLimitsOptions {
  readonly engine: Pick<Engine, "update">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Limits of the container as its node was launched. */
  readonly present: NodeLimits;
  /** "" while there is none. */
  readonly containerId: () => string;
  /** Tells the cluster's log about a failure, once; it is tried again. */
  readonly tell: (words: string) => void;
}

export class LiveLimits {
  readonly #options: LiveLimitsOptions;
  #present: NodeLimits;
  #turn = 0;

  constructor(options: LiveLimitsOptions) {
    this.#options = options;
    this.#present = options.present;
  }

  /**
   * Makes a change in the container for which it has these limits afterwards. A later call takes over what is left of an
   * earlier one. Never rejects.
   */
  async follow(wanted: NodeLimits, change: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const isOver = () => signal.aborted || turn !== this.#turn;
    const { cpuMillis, memoryBytes } = this.#present;
    const most = {
      ...wanted,
      cpuMillis: Math.max(cpuMillis, wanted.cpuMillis),
      memoryBytes: Math.max(memoryBytes, wanted.memoryBytes),
    };
    await this.#set(most, isOver, signal);
    await change();
    await this.#set(wanted, isOver, signal);
  }

  async #set(limits: NodeLimits, isOver: () => boolean, signal: AbortSignal): Promise<void> {
    const { engine, clock, logger, containerId, tell } = this.#options;
    let told = false;
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
    // A container without a limit has none: each process has its own.
    while (!isOver() && limits.memoryBytes > 0 && !isDeepStrictEqual(limits, this.#present)) {
      try {
        await engine.update(containerId(), containerLimits(limits));
        this.#present = limits;
      } catch (error) {
        const words = `the limits of the container could not be set, which is tried again: ${messageOf(error)}`;
        if (told) logger.warning(words);
        else tell(words);
        told = true;
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }
}

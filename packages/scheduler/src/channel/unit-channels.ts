// Channels to units, whichever executor runs them. An opening for an executor that has ended is not waited for: the executor that
// runs the unit now is asked in its place, at once.
import { CkeError } from "@cke/foundation";
import type { Channel } from "./channel.ts";
import { executorReplaced, executorReplacedCode } from "./channel-errors.ts";
import type { Channels } from "./channels.ts";
import type { ChannelUnit } from "./unit.ts";
import type { WorkloadChannels } from "./workload-channels.ts";

export interface UnitChannelsOptions {
  readonly channels: Pick<Channels, "open" | "dial" | "executorEnded">;
  /** The executor that runs the unit now. Throws a CkeError when there is none, or no such unit. */
  readonly locate: (workload: string, unit: string) => ChannelUnit;
}

const keyOf = (workload: string, unit: string) => `${workload}/${unit}`;

export class UnitChannels implements WorkloadChannels {
  readonly #options: UnitChannelsOptions;
  /** By unit: the executors that are asked for a channel now, one entry for each request. */
  readonly #asked = new Map<string, ChannelUnit[]>();

  constructor(options: UnitChannelsOptions) {
    this.#options = options;
  }

  async open(workload: string, unit: string, signal: AbortSignal): Promise<Channel> {
    let asked = this.#options.locate(workload, unit);
    for (;;) {
      try {
        return await this.#ask(keyOf(workload, unit), asked, signal);
      } catch (error) {
        if (!isReplaced(error)) throw error;
        asked = this.#successor(workload, unit, error);
      }
    }
  }

  dial(...asked: Parameters<WorkloadChannels["dial"]>): void {
    this.#options.channels.dial(...asked);
  }

  /** The record of a unit has changed: who waits for an executor that does not run it any more waits no longer. */
  changed(workload: string, unit: string): void {
    const asked = this.#asked.get(keyOf(workload, unit));
    if (asked === undefined) return;
    const present = this.#present(workload, unit);
    for (const one of new Set(asked))
      if (one.executorId !== present) this.#options.channels.executorEnded(one.executorId, executorReplaced(one));
  }

  async #ask(key: string, unit: ChannelUnit, signal: AbortSignal): Promise<Channel> {
    this.#asked.set(key, [...(this.#asked.get(key) ?? []), unit]);
    try {
      return await this.#options.channels.open(unit, signal);
    } finally {
      const others = (this.#asked.get(key) ?? []).filter((one) => one !== unit);
      if (others.length === 0) this.#asked.delete(key);
      else this.#asked.set(key, others);
    }
  }

  /** The id of the unit's executor; undefined when it is known that none runs it. */
  #present(workload: string, unit: string): string | undefined {
    try {
      return this.#options.locate(workload, unit).executorId;
    } catch {
      return undefined;
    }
  }

  /** The executor that runs the unit after that one. Throws a CkeError: why it was the last one, or to ask again later. */
  #successor(workload: string, unit: string, replaced: CkeError): ChannelUnit {
    try {
      return this.#options.locate(workload, unit);
    } catch (error) {
      const isBetween = error instanceof CkeError && error.status === 409;
      throw isBetween ? replaced : error;
    }
  }
}

const isReplaced = (error: unknown): error is CkeError =>
  error instanceof CkeError && error.code === executorReplacedCode;

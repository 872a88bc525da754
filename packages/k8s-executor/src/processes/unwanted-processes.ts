// Stops processes of an adopted node that no task asks for any more: they were removed while no executor was there. It waits
// until no more launches come.
import type { UnitLogger } from "@cke/executor-core";
import { type Clock, messageOf } from "@cke/foundation";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export interface UnwantedProcessesOptions {
  readonly clock: Clock;
  readonly log: UnitLogger;
  /** How long no launch may have come, in ms. */
  readonly quietMs: number;
  /** Names that are wanted. */
  readonly wanted: () => ReadonlySet<string>;
}

export class UnwantedProcesses {
  readonly #options: UnwantedProcessesOptions;
  #wrapper: WrapperClient | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: UnwantedProcessesOptions) {
    this.#options = options;
  }

  /** An adopted node is ready. */
  watch(wrapper: WrapperClient): void {
    this.#wrapper = wrapper;
    this.postpone();
  }

  /** A launch has come, and others may follow: waits anew. */
  postpone(): void {
    const { clock, quietMs } = this.#options;
    this.#cancel?.();
    const wrapper = this.#wrapper;
    if (wrapper === undefined) return;
    this.#cancel = clock.after(quietMs, () => void this.#stop(wrapper), { background: true });
  }

  /** Does nothing any more. */
  cancel(): void {
    this.#cancel?.();
    this.#wrapper = undefined;
  }

  async #stop(wrapper: WrapperClient): Promise<void> {
    const { log, wanted } = this.#options;
    try {
      for (const { name } of (await wrapper.list()).processes) {
        if (wanted().has(name)) continue;
        log.tell("warning", "stopping a process that the cluster does not have any more", name);
        await wrapper.stop(name);
      }
    } catch (error) {
      log.tell("warning", `unwanted processes could not be stopped: ${messageOf(error)}`);
    }
  }
}

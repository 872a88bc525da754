// Follows the wrapper's events and connects again after a broken connection. Each event comes once and in order as long as one
// instance of the wrapper runs. A new instance is reported, because it knows no process.
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { ProcessState, WatchEvent } from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";
import type { WrapperClient } from "./wrapper-client.ts";

export interface ProcessWatchOptions {
  readonly wrapper: WrapperClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onEvent: (event: WatchEvent) => void;
  /** All processes that there are, before the first event: the wrapper tells nothing of one that it does not have. */
  readonly onList: (processes: readonly Pick<ProcessState, "type">[]) => void;
  /** A new instance of the wrapper answers. */
  readonly onNewInstance: () => void;
}

/** Runs until `signal` is aborted; never rejects. */
export async function watchProcesses(options: ProcessWatchOptions, signal: AbortSignal): Promise<void> {
  const { wrapper, clock, logger, onEvent, onList, onNewInstance } = options;
  const backoff = new Backoff({ baseMs: 100, maxMs: 2_000 });
  let instanceId = "";
  let next = 0;
  while (!signal.aborted) {
    try {
      const info = await wrapper.info();
      if (instanceId !== "" && info.instanceId !== instanceId) {
        logger.warning("another instance of the wrapper answers", { instance: info.instanceId });
        next = 0;
        onNewInstance();
      }
      instanceId = info.instanceId;
      if (next > 0 && next < info.oldestSequence) next = 0;
      if (next === 0) onList((await wrapper.list()).processes);
      backoff.reset();
      for await (const event of wrapper.watch(next, instanceId, signal)) {
        next = Math.max(next, event.sequence + 1);
        onEvent(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof WrapperError && error.kind === "out-of-range") next = 0;
      logger.debug("the connection to the wrapper broke", { detail: messageOf(error) });
    }
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

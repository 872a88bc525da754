// Stops a process in the wrapper, which forgets it.
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import { type ProcessSpec, ProcessState } from "@cke/protocol";
import { WrapperError } from "../streams/wrapper-error.ts";
import type { StopOptions, WrapperClient } from "../wrapper/wrapper-client.ts";

/** A process that the wrapper does not know is stopped already. */
export async function stopProcess(wrapper: WrapperClient, name: string, options: StopOptions = {}): Promise<void> {
  try {
    await wrapper.stop(name, options);
  } catch (error) {
    if (!(error instanceof WrapperError && error.kind === "not-found")) throw error;
  }
}

export interface LastingStop extends StopOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Nobody wants it any more. */
  readonly over: AbortSignal;
}

/** Tries until it is stopped, or until it is over. */
export async function stopForSure(wrapper: WrapperClient, name: string, options: LastingStop): Promise<void> {
  const { clock, logger, over, ...stop } = options;
  const backoff = new Backoff({ baseMs: 200, maxMs: 5_000 });
  while (!over.aborted) {
    try {
      return await stopProcess(wrapper, name, stop);
    } catch (error) {
      logger.warning("the wrapper did not take the stop of a process", { process: name, detail: messageOf(error) });
      await clock.sleep(backoff.next(), over).catch(() => {});
    }
  }
}

/** The state of a process that does not run because it is not to; the wrapper knows none of it. */
export const stoppedState = ({ name, type }: ProcessSpec): ProcessState =>
  ProcessState.create({ name, type, phase: "stopped", reason: "it is stopped, as it is to be (expect)" });

// Stops a node's processes in order: those that were launched last first, one after the other, within a limit.
import { type Clock, messageOf } from "@cke/foundation";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";

export interface StopOrderOptions {
  readonly clock: Clock;
  /** After this time the end of the container stops the rest. */
  readonly limitMs: number;
  /** Aborted when the wrapper does not answer. Then the end of the container stops the processes. */
  readonly silence: AbortSignal;
}

/** Resolves to the problems in words; never rejects. */
export async function stopInOrder(
  wrapper: WrapperClient,
  processes: readonly { readonly name: string }[],
  { clock, limitMs, silence }: StopOrderOptions,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const late = new AbortController();
  const cancel = clock.after(limitMs, () => late.abort());
  const over = AbortSignal.any([late.signal, silence]);
  const lateness = new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
  try {
    for (const { name } of processes.toReversed()) {
      if (over.aborted) break;
      const stopped = wrapper.stop(name).catch((error: unknown) => {
        problems.push(`${name}: ${messageOf(error)}`);
      });
      await Promise.race([stopped, lateness]);
    }
  } finally {
    cancel();
  }
  return problems;
}

// Waits until the wrapper in a fresh container answers, and says why when it never will.
import { Backoff, type Clock } from "@cke/foundation";
import type { InfoResponse } from "@cke/protocol";
import { describeDeath } from "./container-death.ts";
import type { Engine } from "./engine.ts";
import { NodeFailure } from "./node-failure.ts";
import type { WrapperClient } from "./wrapper-client.ts";

export interface WrapperWaitOptions {
  readonly engine: Engine;
  readonly containerId: string;
  readonly wrapper: WrapperClient;
  /** True as soon as the socket is there: before that, asking would only make gRPC back off. */
  readonly socketExists: () => Promise<boolean>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const logLines = 20;

/** Throws NodeFailure (`container_…` of its death, or `wrapper_silent`), with the container's last lines. */
export async function waitForWrapper(options: WrapperWaitOptions): Promise<InfoResponse> {
  const { engine, containerId, wrapper, socketExists, clock, timeoutMs, signal } = options;
  const died = new AbortController();
  const over = AbortSignal.any([signal, died.signal]);
  const watching = new AbortController();
  engine.wait(containerId, AbortSignal.any([signal, watching.signal])).then(
    () => died.abort(),
    // The engine's trouble is not the container's death; the deadline bounds the wait.
    () => {},
  );
  const deadline = clock.monotonic() + timeoutMs;
  const backoff = new Backoff({ baseMs: 20, maxMs: 100 });
  try {
    while (clock.monotonic() < deadline && !died.signal.aborted) {
      signal.throwIfAborted();
      const info = (await socketExists()) ? await wrapper.info().catch(() => undefined) : undefined;
      if (info !== undefined) return info;
      await clock.sleep(backoff.next(), over).catch(() => signal.throwIfAborted());
    }
  } finally {
    watching.abort();
  }
  const output = await engine.logs(containerId, logLines).catch(() => "");
  if (died.signal.aborted) {
    throw describeDeath(await engine.container(containerId), output, false);
  }
  throw new NodeFailure("wrapper_silent", `the wrapper in the container does not answer after ${timeoutMs / 1000} s`, {
    advice: "check that the image starts cke-wrapper",
    words: output.trim() === "" ? "" : `The container's last output:\n${output.trim()}`,
  });
}

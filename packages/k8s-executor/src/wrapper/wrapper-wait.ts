// Waits until the wrapper in a container answers, and says why when it never will.
import { Backoff, type Clock } from "@cke/foundation";
import type { InfoResponse } from "@cke/protocol";
import { describeDeath, lastWords } from "../container/container-death.ts";
import type { Engine } from "../docker/engine.ts";
import { NodeFailure } from "../reports/node-failure.ts";
import { silenceWords } from "../reports/node-report.ts";
import type { WrapperClient } from "./wrapper-client.ts";

export interface WrapperWaitOptions {
  readonly engine: Engine;
  readonly containerId: string;
  readonly wrapper: WrapperClient;
  /** True as soon as the socket is there: before that, asking would only make gRPC back off. */
  readonly socketExists: () => Promise<boolean>;
  readonly clock: Clock;
  /** In ms; Infinity for a container that is worth waiting for as long as it runs. */
  readonly timeoutMs: number;
  /** What is waited for, every 10 s. */
  readonly onProgress: (detail: string) => void;
  readonly signal: AbortSignal;
}

const logLines = 20;
const progressMs = 10_000;

/** Throws NodeFailure (`container_…` of its death, or `wrapper_silent`), with the container's last lines. */
export async function waitForWrapper(options: WrapperWaitOptions): Promise<InfoResponse> {
  const { engine, containerId, wrapper, socketExists, clock, timeoutMs, onProgress, signal } = options;
  const died = new AbortController();
  const over = AbortSignal.any([signal, died.signal]);
  const watching = new AbortController();
  engine.wait(containerId, AbortSignal.any([signal, watching.signal])).then(
    () => died.abort(),
    // The engine's trouble is not the container's death; the look at it below finds out.
    () => {},
  );
  const began = clock.monotonic();
  let told = began;
  // Looks grow rarer: on a machine where this takes minutes, every look takes time from what is waited for.
  const backoff = new Backoff({ baseMs: 20, maxMs: 100 });
  const later = new Backoff({ baseMs: 100, maxMs: 1_000 });
  try {
    while (clock.monotonic() - began < timeoutMs && !died.signal.aborted) {
      signal.throwIfAborted();
      const info = (await socketExists()) ? await wrapper.info().catch(() => undefined) : undefined;
      if (info !== undefined) return info;
      if (clock.monotonic() - told >= progressMs) {
        told = clock.monotonic();
        const container = await engine.container(containerId).catch(() => undefined);
        if (container?.running === false) died.abort();
        onProgress(`no answer for ${Math.round((told - began) / 1_000)} s: ${silenceWords(container)}`);
      }
      const wait = clock.monotonic() - began < progressMs ? backoff : later;
      await clock.sleep(wait.next(), over).catch(() => signal.throwIfAborted());
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
    output: lastWords(output),
  });
}

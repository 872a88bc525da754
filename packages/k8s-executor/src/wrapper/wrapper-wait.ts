// Waits until the wrapper in a container answers. When the container ends before that, the failure says why it ended.
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
  /** True when the socket exists. A call before that would only make gRPC wait longer before its next attempt. */
  readonly socketExists: () => Promise<boolean>;
  readonly clock: Clock;
  /** In ms; Infinity to wait as long as the container runs. */
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
    // An error of the engine does not mean that the container has ended: it is inspected below.
    () => {},
  );
  const began = clock.monotonic();
  let told = began;
  // The time between two looks grows: on a very slow machine each one takes CPU time from the wrapper.
  const backoff = new Backoff({ baseMs: 10, maxMs: 20 });
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

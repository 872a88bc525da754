// Reports a node whose wrapper does not answer as unresponsive. Nothing is stopped or launched because of it. The state of the
// container in Docker (paused, gone) tells an operator why the wrapper does not answer.
import type { Clock, Logger } from "@cke/foundation";
import { withTimeout } from "@cke/foundation";
import type { Engine } from "../docker/engine.ts";
import { silenceWords, unresponsiveWords } from "../reports/node-report.ts";
import type { WrapperClient } from "./wrapper-client.ts";
import { WrapperLiveness } from "./wrapper-liveness.ts";

export interface SilenceOptions {
  readonly wrapper: Pick<WrapperClient, "info">;
  readonly engine: Pick<Engine, "container">;
  readonly containerId: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** UNIX time in ms of the last answer, and the words for an operator; 0 and "" when the wrapper answers again. */
  readonly onChange: (sinceMs: number, words: string) => void;
}

/** The engine may be as slow as the wrapper. The report does not wait longer for it. */
const lookMs = 5_000;

/** Watches until `signal` is aborted. */
export function watchSilence(options: SilenceOptions, signal: AbortSignal): WrapperLiveness {
  const { wrapper, engine, containerId, clock, logger, onChange } = options;
  let told = false;
  const tell = async (since: number) => {
    const late = () => new Error("the engine is late");
    const container = await withTimeout(engine.container(containerId), { ms: lookMs, late }).catch(() => undefined);
    // The wrapper may have answered meanwhile. A container that has ended is reported by its own watch.
    if (signal.aborted || !liveness.silent || container?.running === false) return;
    const words = unresponsiveWords(since, silenceWords(container));
    logger.warning("the node is unresponsive", { containerId, detail: words });
    told = true;
    onChange(since, words);
  };
  const liveness = new WrapperLiveness({
    wrapper,
    clock,
    logger,
    onChange: (since) => {
      if (since !== undefined) void tell(since);
      else if (told) {
        told = false;
        onChange(0, "");
      }
    },
  });
  void liveness.watch(signal);
  return liveness;
}

// A node whose wrapper does not answer is unresponsive, and nothing more: nothing is stopped or launched for it. What Docker
// says of the container tells an operator why.
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
  /** UNIX time in ms of the last answer, and what is said of it; 0 and "" when it answers again. */
  readonly onChange: (sinceMs: number, words: string) => void;
}

/** An engine that is as busy as the wrapper must not hold up the report. */
const lookMs = 5_000;

/** Watches until `signal` is aborted. */
export function watchSilence(options: SilenceOptions, signal: AbortSignal): WrapperLiveness {
  const { wrapper, engine, containerId, clock, logger, onChange } = options;
  let told = false;
  const tell = async (since: number) => {
    const late = () => new Error("the engine is late");
    const container = await withTimeout(engine.container(containerId), { ms: lookMs, late }).catch(() => undefined);
    // It may have answered meanwhile, or be gone, which is told elsewhere.
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

// Notices the end of the container. A Docker engine may be restarted while the container runs on; that is no end.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Engine } from "../docker/engine.ts";
import type { NodeFailure } from "../reports/node-failure.ts";
import { describeDeath } from "./container-death.ts";

const logLines = 20;
/** The container is inspected this often beside the wait: a wait whose connection was cut may never end by itself. */
const lookMs = 10_000;

/** Why the container does not run; undefined when it runs. `launched`: as for `describeDeath`. Throws EngineError. */
export async function deathOf(
  engine: Pick<Engine, "container" | "logs">,
  containerId: string,
  launched: boolean,
): Promise<NodeFailure | undefined> {
  const container = await engine.container(containerId);
  if (container?.running === true) return undefined;
  const output = container === undefined ? "" : await engine.logs(containerId, logLines).catch(() => "");
  return describeDeath(container, output, launched);
}

/** Resolves to the reason when the container has ended, or to undefined when `signal` was aborted; never rejects. */
export async function containerDeath(
  engine: Engine,
  containerId: string,
  parts: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<NodeFailure | undefined> {
  const { clock, logger } = parts;
  const backoff = new Backoff({ baseMs: 500, maxMs: 15_000 });
  while (!signal.aborted) {
    const look = new AbortController();
    const cancel = clock.after(lookMs, () => look.abort(), { background: true });
    try {
      await engine.wait(containerId, AbortSignal.any([signal, look.signal])).catch((error: unknown) => {
        if (!look.signal.aborted) logger.debug("the wait for the container broke", { detail: messageOf(error) });
      });
      if (signal.aborted) return undefined;
      const death = await deathOf(engine, containerId, true);
      if (death !== undefined) return death;
      backoff.reset();
      if (look.signal.aborted) continue;
    } catch (error) {
      if (!signal.aborted) {
        logger.warning("the Docker engine does not answer while the node runs", { detail: messageOf(error) });
      }
    } finally {
      cancel();
    }
    await clock.sleep(backoff.next(), signal).catch(() => {});
  }
  return undefined;
}

export interface RunningContainer {
  readonly engine: Engine;
  readonly containerId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Does work that needs the container. Throws the reason of its end as soon as the container ends. */
export async function whileItRuns(
  { engine, containerId, clock, logger }: RunningContainer,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const runs = AbortSignal.any([signal, over.signal]);
  const died = containerDeath(engine, containerId, { clock, logger }, runs).then((death) => {
    // The watch was ended because the work is over: its own result counts.
    if (death === undefined) return new Promise<never>(() => {});
    throw death;
  });
  died.catch(() => {});
  try {
    await Promise.race([work(runs), died]);
  } catch (error) {
    signal.throwIfAborted();
    // The work may fail because the container has ended, before the watch has noticed it: then the end is the reason.
    throw (await deathOf(engine, containerId, true).catch(() => undefined)) ?? error;
  } finally {
    over.abort(new CkeError("abandoned", "the work in the container is over"));
  }
}

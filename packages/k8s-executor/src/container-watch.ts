// Notices the end of the container, whatever happens to the Docker engine meanwhile (engines are restarted under living
// containers).
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import { describeDeath } from "./container-death.ts";
import type { Engine } from "./engine.ts";

const logLines = 20;

/** Resolves to the death in words, or to undefined when `signal` was aborted; never rejects. */
export async function containerDeath(
  engine: Engine,
  containerId: string,
  parts: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<string | undefined> {
  const backoff = new Backoff({ baseMs: 500, maxMs: 15_000 });
  while (!signal.aborted) {
    try {
      await engine.wait(containerId, signal);
      const container = await engine.container(containerId);
      if (container?.running !== true) {
        return describeDeath(container, await engine.logs(containerId, logLines).catch(() => ""));
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      const gone = await engine.container(containerId).then(
        (container) => container === undefined,
        () => false,
      );
      if (gone) return describeDeath(undefined, "");
      parts.logger.warning("the Docker engine does not answer while the node runs", { detail: messageOf(error) });
    }
    await parts.clock.sleep(backoff.next(), signal).catch(() => {});
  }
  return undefined;
}

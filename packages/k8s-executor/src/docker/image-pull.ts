// Pulls one image and follows the engine's events. A pull without progress is aborted as failed, so that neither the engine nor
// this program waits for a registry that does not answer any more.

import { withTimeout } from "@cke/foundation";
import { EngineError, type PullProgress } from "./engine.ts";
import { jsonLines } from "./json-lines.ts";
import {
  addPullEvent,
  addPullNews,
  describePullEvent,
  type Layers,
  noPullNews,
  pullEventSchema,
  pullProgress,
} from "./pull-progress.ts";

export interface ImagePullOptions {
  readonly name: string;
  readonly onProgress: (progress: PullProgress) => void;
  readonly signal: AbortSignal;
  /** Without progress for this long it has stalled, in ms. */
  readonly stallMs: number;
}

/** `open` sends the request, and ends it when its signal is aborted. Throws EngineError. */
export async function pullImage(
  open: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>,
  { name, onProgress, signal, stallMs }: ImagePullOptions,
): Promise<void> {
  const stalled = new AbortController();
  const either = AbortSignal.any([signal, stalled.signal]);
  let last = "the engine has said nothing yet";
  const watch = stallWatch(stallMs, () => stalled.abort());
  const follow = async () => {
    let layers: Layers = new Map();
    let news = noPullNews;
    for await (const line of jsonLines(await open(either))) {
      const event = pullEventSchema.parse(line);
      if (event.error !== undefined) throw new EngineError(event.error);
      layers = addPullEvent(layers, event);
      const next = addPullNews(news, event);
      if (next !== news) watch.refresh();
      news = next;
      last = describePullEvent(event);
      onProgress(pullProgress(layers));
    }
  };
  try {
    const late = () => new EngineError("the pull was aborted");
    await withTimeout(follow(), { signal: either, late });
  } catch (error) {
    signal.throwIfAborted();
    if (!stalled.signal.aborted) throw error;
    throw new EngineError(`pull of ${name} made no progress for ${stallMs / 1_000} s; last: ${last}`);
  } finally {
    watch.end();
    stalled.abort();
  }
}

/**
 * Calls back when it was not refreshed for that long. The last tenth of the time begins when the rest is over: if this program
 * itself was stopped meanwhile, it first reads the events that have arrived.
 */
function stallWatch(ms: number, onStall: () => void): { readonly refresh: () => void; readonly end: () => void } {
  let timer: NodeJS.Timeout;
  const begin = () => {
    timer = setTimeout(
      () => {
        timer = setTimeout(onStall, ms / 10);
      },
      ms - ms / 10,
    );
  };
  begin();
  const end = () => clearTimeout(timer);
  return {
    refresh: () => {
      end();
      begin();
    },
    end,
  };
}

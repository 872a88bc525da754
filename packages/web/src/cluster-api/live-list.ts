// A list of objects that is kept up to date: read once, then watched over a WebSocket (a browser has six connections to a host for
// requests, and many more WebSockets). When the watch ends it is read anew; where no watch comes about it is read every few seconds.
import type { ClusterClient } from "./cluster-client.ts";
import type { Json } from "./objects.ts";
import { afterEvent, type ListState, listState } from "./watch-events.ts";

export interface ListView {
  readonly items: readonly Json[];
  /** False until it was read for the first time. */
  readonly read: boolean;
  /** Why it is not up to date; "" when it is. */
  readonly problem: string;
}

export const nothingYet: ListView = { items: [], read: false, problem: "" };

/** Between a watch that ended, or an attempt that failed, and the next reading. */
const againMs = 3_000;
/** Changes that come together are shown together. */
const gatherMs = 100;

/** Calls `show` with every change until the signal is aborted. */
export async function liveList(
  client: ClusterClient,
  path: string,
  show: (view: ListView) => void,
  signal: AbortSignal,
): Promise<void> {
  let view = nothingYet;
  const tell = (next: ListView) => {
    view = next;
    if (!signal.aborted) show(view);
  };
  while (!signal.aborted) {
    try {
      const state = listState(await client.json(path, { signal }));
      tell({ items: [...state.items.values()], read: true, problem: "" });
      await watch(client, path, state, (items) => tell({ items, read: true, problem: "" }), signal);
    } catch (error) {
      if (signal.aborted) return;
      tell({ ...view, problem: error instanceof Error ? error.message : String(error) });
    }
    await pause(againMs, signal);
  }
}

/** Resolves when the watch has ended, for whatever reason. */
async function watch(
  client: ClusterClient,
  path: string,
  first: ListState,
  changed: (items: readonly Json[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: first.resourceVersion,
  });
  const socket = await client.socket(`${path}${path.includes("?") ? "&" : "?"}${query}`);
  let state = first;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    changed([...state.items.values()]);
  };
  await new Promise<void>((resolve) => {
    const end = () => {
      socket.close();
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const step = afterEvent(state, String(data));
      if (step.kind === "again") {
        end();
        return;
      }
      if (step.state.items !== state.items) timer ??= setTimeout(flush, gatherMs);
      state = step.state;
    });
    socket.addEventListener("close", () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
  });
  clearTimeout(timer);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

// Log entries as text: newline-delimited JSON, and server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
import type { Clock } from "@cke/foundation";
import type { ReadEntry } from "./log-reading.ts";

export interface TextFormat {
  readonly contentType: string;
  /** What comes first; "" for nothing. */
  readonly begin: string;
  entry(entry: ReadEntry): string;
  /** Says that the connection lives. */
  heartbeat(nowMs: number): string;
}

/** Milliseconds after which a browser connects again. */
const retryMs = 2_000;

export const textFormats: Readonly<Record<"ndjson" | "sse", TextFormat>> = {
  ndjson: {
    contentType: "application/x-ndjson; charset=utf-8",
    begin: "",
    entry: (entry) => `${JSON.stringify(entry)}\n`,
    heartbeat: (nowMs) => `${JSON.stringify({ type: "heartbeat", time: new Date(nowMs).toISOString() })}\n`,
  },
  sse: {
    contentType: "text/event-stream; charset=utf-8",
    begin: `retry: ${retryMs}\n\n`,
    // JSON has no line breaks, so that an entry is one data line.
    entry: (entry) => `${"seq" in entry ? `id: ${entry.seq}\n` : ""}data: ${JSON.stringify(entry)}\n\n`,
    heartbeat: () => ": heartbeat\n\n",
  },
};

/** The entries as text, and a heartbeat after each `heartbeatMs` without one. Leaving it ends the reading. */
export async function* asText(
  entries: AsyncGenerator<ReadEntry, void, undefined>,
  format: TextFormat,
  clock: Clock,
  heartbeatMs: number,
): AsyncGenerator<string, void, undefined> {
  if (format.begin !== "") yield format.begin;
  let next = entries.next();
  for (;;) {
    const quiet = new AbortController();
    const silence = clock.sleep(heartbeatMs, quiet.signal).then(
      () => undefined,
      () => undefined,
    );
    const first = await Promise.race([next, silence]);
    quiet.abort();
    if (first === undefined) {
      yield format.heartbeat(clock.now());
      continue;
    }
    if (first.done === true) return;
    yield format.entry(first.value);
    next = entries.next();
  }
}

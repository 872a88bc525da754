// Reads the event stream of a subscription: RecordIO, JSON, and one handler that is awaited event by event. While the
// handler works nothing is read: a slow handler slows the sender (back-pressure), and its time does not count as silence.
import type { IncomingMessage } from "node:http";
import { type Clock, messageOf } from "@cke/foundation";
import { MesosProtocolError } from "../encoding/errors.ts";
import { parseJson } from "../encoding/json.ts";
import { RecordIoDecoder } from "../encoding/record-io.ts";

interface EventStreamOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest silence in milliseconds; asked before each wait, so it may follow the peer's heartbeat interval. */
  readonly maxSilenceMs: () => number;
  readonly maxRecordBytes?: number;
  /** Gets each event as parsed JSON, strictly in order. */
  readonly onEvent: (event: unknown) => Promise<void>;
}

/** Why a stream ended. */
type StreamEnd =
  | { readonly kind: "closed" }
  | { readonly kind: "broken"; readonly reason: string }
  | { readonly kind: "silent"; readonly silenceMs: number }
  | { readonly kind: "malformed"; readonly error: MesosProtocolError }
  | { readonly kind: "aborted" }
  | { readonly kind: "handler_failed"; readonly error: unknown };

class Silence extends Error {}

/** Reads until the stream ends, in whatever way; never rejects. The response is destroyed afterwards. */
export async function readEvents(response: IncomingMessage, options: EventStreamOptions): Promise<StreamEnd> {
  const { signal, clock } = options;
  const abort = () => {
    response.destroy();
  };
  signal.addEventListener("abort", abort, { once: true });
  const decoder = new RecordIoDecoder(
    options.maxRecordBytes === undefined ? {} : { maxRecordBytes: options.maxRecordBytes },
  );
  const chunks = response[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const silenceMs = options.maxSilenceMs();
      const cancel = Number.isFinite(silenceMs)
        ? clock.after(silenceMs, () => response.destroy(new Silence()))
        : undefined;
      let chunk: IteratorResult<unknown>;
      try {
        chunk = await chunks.next();
      } catch (error) {
        if (signal.aborted) return { kind: "aborted" };
        return error instanceof Silence ? { kind: "silent", silenceMs } : { kind: "broken", reason: messageOf(error) };
      } finally {
        cancel?.();
      }
      if (chunk.done === true) {
        if (signal.aborted) return { kind: "aborted" };
        decoder.end();
        return { kind: "closed" };
      }
      if (!(chunk.value instanceof Uint8Array)) continue;
      for (const record of decoder.push(chunk.value)) {
        const event = parseJson(Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString("utf8"));
        try {
          await options.onEvent(event);
        } catch (error) {
          return { kind: "handler_failed", error };
        }
        if (signal.aborted) return { kind: "aborted" };
      }
      if (decoder.failure !== undefined) return { kind: "malformed", error: decoder.failure };
    }
    return { kind: "aborted" };
  } catch (error) {
    if (error instanceof MesosProtocolError) return { kind: "malformed", error };
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    response.destroy();
  }
}

/** Words for a log or an error. */
export function describeStreamEnd(end: StreamEnd): string {
  switch (end.kind) {
    case "closed":
      return "the peer closed the stream";
    case "broken":
      return `the connection broke: ${end.reason}`;
    case "silent":
      return `nothing came for ${Math.round(end.silenceMs / 100) / 10} s`;
    case "malformed":
      return end.error.message;
    case "aborted":
      return "the stream was given up";
    case "handler_failed":
      return `an event could not be handled: ${messageOf(end.error)}`;
  }
}

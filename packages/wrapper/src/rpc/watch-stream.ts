// Sends the event log to one watcher: first the events that it asked for, then each new one, no faster than it reads.
import type { WatchEvent, WatchRequest } from "@cke/protocol";
import { WrapperError } from "../errors/wrapper-error.ts";
import type { EventLog } from "../supervision/event-log.ts";

/** The part of a server stream that a watcher needs. */
export interface EventSink {
  /** False when the sink is full; `onDrain` is called when it is not any more. */
  write(event: WatchEvent): boolean;
  onDrain(callback: () => void): void;
  /** Ends the stream with an error. */
  fail(error: WrapperError): void;
}

/** Throws WrapperError when the request cannot be served from this log. */
export function checkWatch(log: EventLog, request: WatchRequest): void {
  if (request.fromSequence === 0) return;
  if (request.instanceId !== "" && request.instanceId !== log.instanceId) {
    throw new WrapperError(
      "failed_precondition",
      `instance_id: the wrapper was started again, this is instance ${log.instanceId}; watch from sequence 0`,
    );
  }
  if (request.fromSequence < log.oldest() || request.fromSequence > log.last() + 1) {
    throw new WrapperError(
      "out_of_range",
      `from_sequence: ${request.fromSequence} is not in ${log.oldest()}..${log.last() + 1}; watch from sequence 0`,
    );
  }
}

/** Begins to send; the returned function ends it. Call `checkWatch` before. */
export function streamEvents(log: EventLog, fromSequence: number, sink: EventSink): () => void {
  const snapshot = fromSequence === 0 ? [...log.snapshot()] : [];
  let next = fromSequence === 0 ? log.last() + 1 : fromSequence;
  let blocked = false;
  let ended = false;
  const end = () => {
    ended = true;
    unlisten();
  };
  const pump = () => {
    while (!blocked && !ended) {
      const event = snapshot.shift() ?? log.at(next);
      if (event === undefined) {
        if (next > log.last()) return;
        sink.fail(
          new WrapperError(
            "resource_exhausted",
            `the watcher is too slow: events from ${next} on are forgotten; watch from 0 again`,
          ),
        );
        return end();
      }
      if (event.sequence === next) next += 1;
      blocked = !sink.write(event);
    }
  };
  const unlisten = log.onAppend(pump);
  sink.onDrain(() => {
    blocked = false;
    pump();
  });
  pump();
  return end;
}

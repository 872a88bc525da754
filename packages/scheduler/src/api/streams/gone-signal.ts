// Tells when a client has gone away, so that its command in a node ends.
import type { EventEmitter } from "node:events";

/** Aborted when the answer, or the connection, is over. */
export function goneSignal(answer: EventEmitter): AbortSignal {
  const gone = new AbortController();
  answer.once("close", () => gone.abort(new Error("the client has gone away")));
  return gone.signal;
}

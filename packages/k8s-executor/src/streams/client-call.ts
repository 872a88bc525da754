// One streaming call to the wrapper: sends message by message, reads message by message, and ends with its signal. Invariant: no wait
// outlives the call, and a call without a reader is cancelled.
import type { Readable } from "node:stream";
import { type CallStatus, callFailure, cancelled, wrapperError } from "./call-failure.ts";

/** The part of a streaming call of grpc-js that all kinds of them have. */
interface CancellableCall {
  cancel(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "status", listener: (status: CallStatus) => void): unknown;
}
export type StreamCall = CancellableCall & Pick<Readable, "iterator">;

/**
 * Cancels the call when `signal` is aborted, for as long as the call lasts. Returns a signal that is aborted when the call is over; its
 * reason is a WrapperError when the call has failed.
 */
export function endWith(call: CancellableCall, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  const cancel = () => call.cancel();
  // The waiting caller gets the error. Without a listener here it would end the executor.
  call.on("error", () => {});
  call.once("status", (status) => {
    signal.removeEventListener("abort", cancel);
    if (status.code === 0) over.abort("the call has ended well");
    else over.abort(signal.aborted ? cancelled() : wrapperError(status));
  });
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  return over.signal;
}

/** The messages of a call, one at a time. Throws WrapperError. Leaving the loop cancels the call. */
export async function* receive<Out>(call: StreamCall, signal: AbortSignal): AsyncGenerator<Out, void, undefined> {
  try {
    // grpc-js types the messages of a stream as `any`; the deserializer of the method has made them `Out`.
    const messages: AsyncIterableIterator<Out> = call.iterator();
    for await (const message of messages) yield message;
    if (signal.aborted) throw cancelled();
  } catch (error) {
    throw callFailure(error, signal);
  } finally {
    call.cancel();
  }
}

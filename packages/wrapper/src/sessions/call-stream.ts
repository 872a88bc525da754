// One streaming call as a session uses it: messages in, messages out, and the end of the client. Invariant: every wait here ends
// when the client goes away, and nothing is read for a client that does not take what was read before.
import type { Readable, Writable } from "node:stream";
import type { Clock } from "@cke/foundation/clock";
import { endWithError, type FailableCall } from "../errors/grpc-status.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import { within } from "../process/time-limit.ts";

/** A client that opened a call has this long for its first message. */
const firstMessageMs = 10_000;

/** The part of a gRPC call that tells of its end. */
interface EndingCall {
  readonly cancelled: boolean;
  once(event: "cancelled" | "close", listener: () => void): unknown;
}

/** The part of a gRPC call that receives. */
type ReceivingCall = Pick<Readable, "iterator">;

/** Aborts when the client goes away or the call is over, whichever comes first. */
export function goneSignal(call: EndingCall): AbortSignal {
  const gone = new AbortController();
  const abort = () => gone.abort();
  if (call.cancelled) abort();
  call.once("cancelled", abort);
  call.once("close", abort);
  return gone.signal;
}

/**
 * Serves a call that begins with one message and goes on with others. `serve` gets the first one and the rest; what it throws ends
 * the call. Resolves when the call is over. Never rejects.
 */
export async function serveMessages<In>(
  call: EndingCall & ReceivingCall & FailableCall,
  gone: AbortSignal,
  serve: (first: In, rest: AsyncIterator<In>) => Promise<void>,
): Promise<void> {
  const rest = messagesOf<In>(call);
  try {
    await serve(await firstMessage(rest), rest);
  } catch (error) {
    if (!gone.aborted) endWithError(call, error);
  }
}

/** The messages of a call. Leaving them does not end the call: the output goes on. */
export function messagesOf<In>(call: ReceivingCall): AsyncIterator<In> {
  // grpc-js types the messages of a stream as `any`; the deserializer of the method has made them `In`.
  return call.iterator({ destroyOnReturn: false });
}

/** Throws WrapperError deadline_exceeded when the first message does not come in time. */
export async function firstMessage<In>(messages: Pick<AsyncIterator<In>, "next">): Promise<In> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new WrapperError("deadline_exceeded", `no first message within ${firstMessageMs / 1_000} s`));
  }, firstMessageMs);
  try {
    const first = await Promise.race([messages.next(), late.promise]);
    if (first.done) throw new WrapperError("invalid_argument", "the call ended before its first message");
    return first.value;
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the stream can take more, or takes nothing any more. */
export async function written(stream: Writable, data: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(data)) return;
  await drained(stream);
}

/** The same for what was written already. */
export function drained(stream: Writable): Promise<void> {
  return new Promise<void>((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/** Input that waits in memory for a command that does not read; what is behind it is not read from the client. */
const aheadBytes = 256 * 1024;
/** What is no input waits this long for the input before it. */
const orderMs = 1_000;

/** The input of a command. Some of it waits here, so that what comes after it is read: a signal helps most when nothing else is taken. */
export class WaitingInput {
  readonly #stream: Writable;
  readonly #clock: Clock;
  /** It was waited for in vain, and nothing was taken since. */
  #stalled = false;

  constructor(stream: Writable, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on("drain", () => {
      this.#stalled = false;
    });
  }

  /** Resolves when more may be added. What a command takes no more is dropped. */
  async add(data: Uint8Array): Promise<void> {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded || stream.write(data) || stream.writableLength <= aheadBytes) return;
    await drained(stream);
  }

  /** Resolves when all of it was taken, or was not for a second. */
  async taken(): Promise<void> {
    if (this.#stalled || this.#stream.destroyed || !this.#stream.writableNeedDrain) return;
    this.#stalled = true;
    await within(orderMs, drained(this.#stream), this.#clock);
  }
}

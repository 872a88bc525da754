// Sends the messages of one stream of the wrapper's service, on either side. Invariant: a caller that waits for each message holds one
// piece of data, and no wait outlives the stream.

/** Longest data of one message. gRPC reads up to 16 messages ahead, so this bounds the memory of a stream that stands still. */
export const pieceBytes = 32 * 1024;

/** The part of a call of grpc-js that sends. */
interface SendingCall<Out> {
  write(message: Out, sent: () => void): boolean;
}

export class MessageSender<Out> {
  readonly #call: SendingCall<Out>;
  readonly #over: AbortSignal;
  readonly #waiting = new Set<() => void>();

  /** `over` is aborted when the call has ended, or its peer is gone. */
  constructor(call: SendingCall<Out>, over: AbortSignal) {
    this.#call = call;
    this.#over = over;
    over.addEventListener("abort", () => {
      for (const wake of [...this.#waiting]) wake();
    });
  }

  /** Resolves to true when the message has left, to false when the call is over. */
  async send(message: Out): Promise<boolean> {
    if (this.#over.aborted) return false;
    await new Promise<void>((resolve) => {
      const sent = () => {
        this.#waiting.delete(sent);
        resolve();
      };
      this.#waiting.add(sent);
      this.#call.write(message, sent);
    });
    return !this.#over.aborted;
  }

  /** The same for data of any length, in pieces. */
  async sendData(data: Uint8Array, message: (piece: Uint8Array) => Out): Promise<boolean> {
    let last = Promise.resolve(!this.#over.aborted);
    for (let at = 0; at < data.length; at += pieceBytes) last = this.send(message(data.subarray(at, at + pieceBytes)));
    // They leave in order: when the last one has left, all have.
    return last;
  }
}

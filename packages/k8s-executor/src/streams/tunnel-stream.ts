// A tunnel as a byte stream. Invariant: the two directions end independently, and the wrapper's call ends with the stream.
import { Duplex } from "node:stream";
import { type MessageSender, pieceBytes, type TunnelInputInit, type TunnelOutput } from "@cke/protocol";
import { WrapperError } from "./wrapper-error.ts";

/** The part of the call that ends it. */
interface TunnelCall {
  cancel(): void;
  end(): void;
}

export class TunnelStream extends Duplex {
  readonly #messages: AsyncIterator<TunnelOutput, void>;
  readonly #sender: MessageSender<TunnelInputInit>;
  readonly #call: TunnelCall;
  readonly #over: AbortSignal;
  #pulling = false;
  #farEnded = false;

  /** `messages` are those of the call after `opened`; `over` is aborted with the reason when the call is over. */
  constructor(
    call: TunnelCall,
    messages: AsyncIterator<TunnelOutput, void>,
    sender: MessageSender<TunnelInputInit>,
    over: AbortSignal,
  ) {
    super({ allowHalfOpen: true, highWaterMark: 2 * pieceBytes });
    this.#messages = messages;
    this.#sender = sender;
    this.#over = over;
    this.#call = call;
    // A writer must get a failure too while there is no reader.
    over.addEventListener("abort", () => {
      if (over.reason instanceof WrapperError && !this.#pulling) this.destroy(over.reason);
    });
    // A tunnel that breaks must not end the executor, with or without a listener at that moment.
    this.on("error", () => {});
  }

  override _read(): void {
    if (!this.#pulling && !this.#farEnded) void this.#pull();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    void this.#sender
      .sendData(chunk, (value) => ({ input: { kind: "data", value } }))
      .then((sent) => callback(sent ? null : this.#reason()));
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#call.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // When both directions have ended, the wrapper still has the last bytes to deliver, and ends the call by itself.
    if (error !== null || !this.#farEnded || !this.writableFinished) this.#call.cancel();
    callback(error);
  }

  async #pull(): Promise<void> {
    this.#pulling = true;
    try {
      for (;;) {
        const next = await this.#messages.next();
        if (next.done) break;
        const { output } = next.value;
        if (output?.kind === "data" && !this.#farEnded && !this.push(output.value)) return;
        if (output?.kind === "end") this.#endReading();
      }
      this.#endReading();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#pulling = false;
    }
  }

  #endReading(): void {
    if (this.#farEnded) return;
    this.#farEnded = true;
    this.push(null);
  }

  #reason(): Error {
    const reason: unknown = this.#over.reason;
    return reason instanceof WrapperError ? reason : new WrapperError("unavailable", "the tunnel is over");
  }
}

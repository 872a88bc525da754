// The bytes of one stream of a channel, both ways, as a Duplex whose error says why it ended. Over HTTP/2 a stream can end in
// five ways (end, trailer, reset, loss of the connection, close by us); here it ends whole or with a CkeError.
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import { Duplex } from "node:stream";
import type { CkeError } from "@cke/foundation";
import { decodeStreamError, streamEndHeader } from "@cke/protocol";
import { streamFailure } from "./channel-errors.ts";

export class UnitStream extends Duplex {
  readonly #stream: ClientHttp2Stream;
  readonly #lost: () => CkeError;
  readonly #status = Promise.withResolvers<number>();
  #failure: CkeError | undefined;
  /** The executor has said that all is well: what has come is whole. */
  #whole = false;
  #ended = false;
  #finished = false;

  /** `lost` says why the connection is gone, once it is. */
  constructor(stream: ClientHttp2Stream, lost: () => CkeError) {
    super({ allowHalfOpen: true, autoDestroy: true });
    this.#stream = stream;
    this.#lost = lost;
    this.#status.promise.catch(() => {});
    // Readers and writers get the reason. There may be none yet.
    this.on("error", () => {});
    stream.on("response", (headers) => {
      this.#told(headers);
      this.#status.resolve(headers[":status"] ?? 0);
    });
    stream.on("trailers", (headers) => this.#told(headers));
    stream.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.on("end", () => {
      this.#ended = true;
      // The trailer comes with the end, and is told of after it.
      setImmediate(() => this.#finish());
    });
    stream.on("error", () => {});
    stream.on("close", () => {
      if (this.#ended) this.#finish();
      else if (!this.destroyed) this.destroy(this.#failure ?? lost());
    });
    stream.pause();
  }

  /** What the executor said in place of an answer, or instead of the end of one. */
  get failure(): CkeError | undefined {
    return this.#failure;
  }

  /** Status of the answer. Rejects with a CkeError when there is none. */
  status(): Promise<number> {
    return this.#status.promise;
  }

  #told(headers: IncomingHttpHeaders): void {
    const end = headers[streamEndHeader];
    if (end === "") this.#whole = true;
    else if (typeof end === "string") this.#failure = failureOf(end);
  }

  #finish(): void {
    if (this.destroyed || this.#finished) return;
    this.#finished = true;
    if (this.#whole) this.push(null);
    else this.destroy(this.#failure ?? this.#lost());
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) done();
    else this.#stream.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#stream.destroyed) this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // A reset tells the executor that there is no reader any more; after an answer that was read whole there is nothing to reset.
    const whole = error === null && this.#finished;
    if (!this.#stream.destroyed) this.#stream.close(whole ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    this.#status.reject(error);
    done(error);
  }
}

function failureOf(header: string): CkeError {
  const error = decodeStreamError(header);
  return streamFailure(error ?? { code: "unknown", message: "the executor gives a reason that cannot be read" });
}

// Reads the messages of a stream one by one. What the caller does not read stays in the stream, so that the other end
// stops sending.
import { FrameReader } from "./message-frames.ts";

export class MessageReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #frames = new FrameReader();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /**
   * The next message; undefined at the end of the stream. Throws FrameError for a torn message, and the errors of the
   * stream.
   */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#frames.next();
      if (message !== undefined) return message;
      const { done, value } = await this.#source.next();
      if (done === true) {
        this.#frames.end();
        return undefined;
      }
      this.#frames.push(value);
    }
  }

  /** All bytes after the last message that was read, as they arrive. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    const first = this.#frames.rest();
    if (first.length > 0) yield first;
    for (;;) {
      const { done, value } = await this.#source.next();
      if (done === true) return;
      yield value;
    }
  }
}

// Reads the messages of a stream, pulled one by one: what is not asked for stays in the stream, and so at the other end.
import { FrameReader } from "./message-frames.ts";

export class MessageReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #frames = new FrameReader();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next message; undefined at the end of the stream. Throws FrameError for a torn one, and what the stream throws. */
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

  /** Everything after the last message that was read, as it comes. */
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

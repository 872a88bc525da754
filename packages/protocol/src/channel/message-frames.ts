// Messages on a byte stream: 4 bytes of length (big endian), then the message. Pure. The peer is not trusted: a length
// beyond the limit is an error before any byte of the message is kept.

/** Longest message on a stream. A sender cuts larger data into pieces. */
export const messageLimit = 256 * 1024;
const prefixLength = 4;

export class FrameError extends Error {
  readonly code = "malformed_frame";
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

/** The message with its length in front. */
export function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(prefixLength + message.length);
  bytes.writeUInt32BE(message.length, 0);
  bytes.set(message, prefixLength);
  return bytes;
}

/** Takes bytes as they arrive and returns whole messages. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Number of bytes that are not yet part of a whole message. */
  get pending(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next message; undefined while it is not complete. Throws FrameError. */
  next(): Uint8Array | undefined {
    if (this.#length < prefixLength) return undefined;
    const length = this.#bytes(prefixLength).readUInt32BE(0);
    if (length > messageLimit)
      throw new FrameError(`a message of ${length} bytes: at most ${messageLimit} are allowed`);
    if (this.#length < prefixLength + length) return undefined;
    const whole = this.#bytes(prefixLength + length);
    const [first = whole, ...rest] = this.#chunks;
    const left = first.subarray(prefixLength + length);
    this.#chunks = left.length === 0 ? rest : [left, ...rest];
    this.#length -= prefixLength + length;
    return whole.subarray(prefixLength, prefixLength + length);
  }

  /** The bytes after the last message. After it a stream may go on with plain bytes. */
  rest(): Uint8Array {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    return bytes;
  }

  /** Throws FrameError when the stream has ended within a message. */
  end(): void {
    if (this.#length > 0) throw new FrameError(`the stream ended within a message, after ${this.#length} bytes of it`);
  }

  /** The first chunk, joined with others until it has that many bytes. */
  #bytes(length: number): Buffer {
    let [first] = this.#chunks;
    if (first === undefined || first.length < length) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  }
}

// Messages on a byte stream of a channel: 4 bytes of length (big endian), then the message. Pure; what a peer sends is never
// trusted: a length beyond the limit is an error before anything of it is kept.

/** Longest message on a stream; larger pieces of data are cut by whoever sends them. */
export const messageLimit = 256 * 1024;
const prefixLength = 4;

export class FrameError extends Error {
  readonly code = "malformed_frame";
  constructor(message: string) {
    super(message);
    this.name = "FrameError";
  }
}

/** The message with its length before it. */
export function frame(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(prefixLength + message.length);
  bytes.writeUInt32BE(message.length, 0);
  bytes.set(message, prefixLength);
  return bytes;
}

/** Takes the bytes as they come and gives whole messages. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes that belong to no whole message yet. */
  get pending(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next message, or undefined when it is not whole yet. Throws FrameError. */
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

  /** What is left, as bytes: after its last message a stream may go on without lengths. */
  rest(): Uint8Array {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#length = 0;
    return bytes;
  }

  /** Throws FrameError when the stream ended within a message. */
  end(): void {
    if (this.#length > 0) throw new FrameError(`the stream ended within a message, after ${this.#length} bytes of it`);
  }

  /** The first chunk, made to hold at least that many bytes. */
  #bytes(length: number): Buffer {
    let [first] = this.#chunks;
    if (first === undefined || first.length < length) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
  }
}

// Finds the boundaries of frames in a WebSocket stream without changing it, because a Close frame may be inserted only between two
// frames (RFC 6455 §5). Pure.

const closeOpcode = 0x8;

export class FrameFollower {
  /** The bytes of the current frame's header that have arrived. */
  #header: number[] = [];
  /** Bytes of the current frame's payload that are still to come. */
  #payload = 0n;
  #closing = false;

  /** True between two frames and before the first one. */
  get betweenFrames(): boolean {
    return this.#header.length === 0 && this.#payload === 0n;
  }

  /** True once a Close frame has begun: nothing may follow it. */
  get closing(): boolean {
    return this.#closing;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload > 0n) {
        const left = BigInt(chunk.length - at);
        const taken = this.#payload < left ? this.#payload : left;
        this.#payload -= taken;
        at += Number(taken);
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      const length = payloadLength(this.#header);
      if (length === undefined) continue;
      if (((this.#header[0] ?? 0) & 0x0f) === closeOpcode) this.#closing = true;
      this.#payload = length;
      this.#header = [];
    }
  }
}

/** Length of the payload once the whole header is there. */
function payloadLength(header: readonly number[]): bigint | undefined {
  const second = header[1];
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const mask = (second & 0x80) === 0 ? 0 : 4;
  if (header.length < 2 + extended + mask) return undefined;
  if (extended === 0) return BigInt(short);
  return header.slice(2, 2 + extended).reduce((length, byte) => (length << 8n) | BigInt(byte), 0n);
}

/** An unmasked Close frame, as a server sends it. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, "utf8").subarray(0, 123);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x80 | closeOpcode;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}

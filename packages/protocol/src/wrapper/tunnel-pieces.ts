// A tunnel between executor and wrapper as bytes on a UNIX socket. Each end first sends one message with its length in front (the
// executor a TunnelTarget, the wrapper a StreamError, whose empty code says that the tunnel is open), then pieces: 4 bytes of length
// (big endian), then as many bytes. A piece without bytes is the end of its direction. A socket that closes before both directions
// have ended was cut off. Pure.

import { FrameError, FrameReader, frame } from "../channel/message-frames.ts";
import { StreamError } from "../generated/stream.ts";

/** Longest piece. */
export const tunnelPieceBytes = 64 * 1024;
export const pieceHeaderBytes = 4;

/** In place of a length: says nothing. Who writes it learns whether the other end is still there. */
const alive = 0xffff_fffe;
/** In place of a length: a StreamError follows as a message, and is the last. */
const failure = 0xffff_ffff;

/** Writes the length of a piece in front of it. */
export function writePieceHeader(buffer: Buffer, length: number): void {
  buffer.writeUInt32BE(length, 0);
}

export function pieceHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(pieceHeaderBytes);
  header.writeUInt32BE(length, 0);
  return header;
}

export const endPiece = (): Buffer => pieceHeader(0);
export const alivePiece = (): Buffer => pieceHeader(alive);
export const failurePiece = (code: string, message: string): Buffer =>
  Buffer.concat([pieceHeader(failure), frame(StreamError.encode({ code, message }))]);

/** Takes what arrives after the first message. */
export class PieceReader {
  readonly #header = Buffer.alloc(pieceHeaderBytes);
  #headerLength = 0;
  /** Bytes of the present piece that have not come yet. */
  #left = 0;
  #ended = false;
  #failing: FrameReader | undefined;
  #failure: StreamError | undefined;

  /** The other end has sent all of its direction. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Why the other end gives the tunnel up. */
  get failure(): StreamError | undefined {
    return this.#failure;
  }

  /** The bytes of the tunnel in a chunk, in order, not copied. Throws FrameError for what breaks the rules. */
  take(chunk: Buffer): readonly Buffer[] {
    const found: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#failing !== undefined) {
        this.#fail(chunk.subarray(at));
        return found;
      }
      if (this.#left > 0) {
        const bytes = chunk.subarray(at, at + this.#left);
        found.push(bytes);
        this.#left -= bytes.length;
        at += bytes.length;
      } else at += this.#takeHeader(chunk, at);
    }
    return found;
  }

  /** How many bytes of the chunk belong to the header. */
  #takeHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerLength, at);
    this.#headerLength += copied;
    if (this.#headerLength < pieceHeaderBytes) return copied;
    this.#headerLength = 0;
    const length = this.#header.readUInt32BE(0);
    if (length === alive) return copied;
    if (length === failure) this.#failing = new FrameReader();
    else if (this.#ended) throw new FrameError("a tunnel goes on after its end");
    else if (length > tunnelPieceBytes)
      throw new FrameError(`a piece of ${length} bytes: at most ${tunnelPieceBytes} are allowed`);
    else if (length === 0) this.#ended = true;
    else this.#left = length;
    return copied;
  }

  #fail(bytes: Buffer): void {
    this.#failing?.push(bytes);
    const message = this.#failing?.next();
    if (message !== undefined) this.#failure = StreamError.decode(message);
  }
}

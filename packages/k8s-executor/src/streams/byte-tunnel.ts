// One tunnel over a connection to the wrapper, as a byte stream. Invariant: the two directions end by themselves; what is not read is not
// taken from the connection; an end that the wrapper has not told is a failure.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import {
  endPiece,
  FrameReader,
  PieceReader,
  pieceHeader,
  StreamError,
  type StreamError as StreamErrorMessage,
  tunnelPieceBytes,
} from "@cke/protocol";
import { statusOf, WrapperError } from "./wrapper-error.ts";

export class ByteTunnel extends Duplex {
  readonly #socket: Socket;
  readonly #opened = Promise.withResolvers<void>();
  /** Until the first message is whole. */
  #first: FrameReader | undefined = new FrameReader();
  readonly #pieces = new PieceReader();
  #farEnded = false;

  /** The caller sends the first message. */
  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#opened.promise.catch(() => {});
    // A tunnel that breaks must not end the executor, with or without a listener at that moment.
    this.on("error", () => {});
    socket.on("error", () => {}); // its close follows
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.once("close", () => {
      if (!this.destroyed) this.destroy(unreachable());
    });
    // The wrapper never closes its direction before it has told the end.
    socket.once("end", () => {
      if (!this.#farEnded && !this.destroyed) this.destroy(unreachable());
    });
  }

  /** Resolves when the wrapper has connected to the target. Rejects with a WrapperError. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    const socket = this.#socket;
    socket.cork();
    for (let at = 0; at < chunk.length; at += tunnelPieceBytes) {
      const piece = chunk.subarray(at, at + tunnelPieceBytes);
      socket.write(pieceHeader(piece.length));
      if (at + piece.length < chunk.length) socket.write(piece);
      else socket.write(piece, callback);
    }
    socket.uncork();
    if (chunk.length === 0) callback();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.write(endPiece(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#opened.reject(error ?? unreachable());
    this.#socket.destroy();
    callback(error);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    try {
      const rest = this.#first === undefined ? chunk : this.#takeFirst(this.#first, chunk);
      for (const bytes of this.#pieces.take(rest)) if (!this.push(bytes)) this.#socket.pause();
    } catch (cause) {
      this.destroy(new WrapperError("other", "the wrapper in the container breaks the rules of a tunnel", cause));
      return;
    }
    const { failure, ended } = this.#pieces;
    if (failure !== undefined) this.destroy(failed(failure));
    else if (ended && !this.#farEnded) {
      this.#farEnded = true;
      this.push(null);
    }
  }

  /** Bytes after the first message. */
  #takeFirst(first: FrameReader, chunk: Buffer): Buffer {
    first.push(chunk);
    const message = first.next();
    if (message === undefined) return Buffer.alloc(0);
    const answer = StreamError.decode(message);
    if (answer.code !== "") {
      this.destroy(failed(answer));
      return Buffer.alloc(0);
    }
    this.#first = undefined;
    this.#opened.resolve();
    const rest = first.rest();
    return Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength);
  }
}

const unreachable = () => new WrapperError("unavailable", "the wrapper in the container cannot be reached");
const failed = ({ code, message }: StreamErrorMessage) => new WrapperError(statusOf(code), message);

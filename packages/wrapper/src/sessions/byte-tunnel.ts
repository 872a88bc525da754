// Tunnel as bytes on a connection of its own (protocol/wrapper/tunnel-pieces.ts). Invariant: each direction ends by itself, nothing is read
// that the other side does not take, and the target's connection is gone when the client's is.
import type { Socket } from "node:net";
import {
  endPiece,
  type MessageReader,
  PieceReader,
  pieceHeaderBytes,
  type TunnelTarget,
  tunnelPieceBytes,
  writePieceHeader,
} from "@cke/protocol";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { type ByteClient, keepAsking } from "./byte-client.ts";
import { drained } from "./call-stream.ts";
import { connected, connectTo } from "./tunnel-target.ts";

/** Serves a tunnel until its client's connection is closed. Throws WrapperError. */
export async function serveByteTunnel(client: ByteClient, target: TunnelTarget): Promise<void> {
  await new ByteTunnel(client).run(target);
}

class ByteTunnel {
  readonly #client: Socket;
  readonly #reader: MessageReader;
  readonly #gone: AbortSignal;
  readonly #accept: () => void;
  #clientEnded = false;
  #targetEnded = false;

  constructor({ socket, reader, gone, accept }: ByteClient) {
    this.#client = socket;
    this.#reader = reader;
    this.#gone = gone;
    this.#accept = accept;
  }

  /** Throws WrapperError. */
  async run(target: TunnelTarget): Promise<void> {
    // One piece of what the target sends: it is read into this, behind the header, and sent from it.
    const piece = Buffer.allocUnsafe(pieceHeaderBytes + tunnelPieceBytes);
    const { words, socket, broken } = connectTo(target, {
      buffer: piece.subarray(pieceHeaderBytes),
      callback: (length) => this.#send(piece.subarray(0, pieceHeaderBytes + length), socket),
    });
    const signal = this.#gone;
    // What was written last may still be on its way to the target, which then closes by itself.
    const destroy = () => {
      if (!this.#ended) socket.destroy();
    };
    signal.addEventListener("abort", destroy, { once: true });
    if (signal.aborted) destroy();
    try {
      await connected(socket, words, signal);
      this.#accept();
      socket.once("end", () => {
        this.#targetEnded = true;
        this.#client.write(endPiece());
        this.#endClient();
      });
      await Promise.race([broken, this.#takeInput(socket)]);
    } catch (cause) {
      destroy();
      if (signal.aborted) return;
      throw cause instanceof WrapperError
        ? cause
        : new WrapperError("unavailable", `${words}: ${errnoWordsOf(cause)}`, { cause });
    }
    destroy();
    this.#client.destroy();
  }

  /** Both directions have ended. */
  get #ended(): boolean {
    return this.#clientEnded && this.#targetEnded;
  }

  /** True when the target may send the next piece into the buffer at once. */
  #send(piece: Buffer, target: Socket): boolean {
    writePieceHeader(piece, piece.length - pieceHeaderBytes);
    let left = false;
    this.#client.write(piece, () => {
      if (!left) target.resume();
    });
    left = this.#client.writableLength === 0;
    return left;
  }

  /** Resolves when the client has closed its connection. */
  async #takeInput(target: Socket): Promise<void> {
    const pieces = new PieceReader();
    for await (const chunk of this.#reader.rest()) {
      for (const bytes of pieces.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
        if (!target.destroyed && !target.write(bytes)) await keepAsking(this.#client, drained(target));
      if (!pieces.ended || this.#clientEnded) continue;
      this.#clientEnded = true;
      target.end();
      this.#endClient();
    }
  }

  /** Both directions have ended: the client closes. */
  #endClient(): void {
    if (this.#ended) this.#client.end();
  }
}

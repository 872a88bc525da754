// A client of the wrapper's socket for bytes.
import type { Socket } from "node:net";
import { alivePiece, type MessageReader } from "@cke/protocol";

/** A client that has said what it wants. */
export interface ByteClient {
  readonly socket: Socket;
  /** After the first message. */
  readonly reader: MessageReader;
  /** Aborted when its connection is closed. */
  readonly gone: AbortSignal;
  /** Says that it gets what it wants. From then on a failure is a piece. */
  accept(): void;
}

const askMs = 2_000;

/**
 * Waits. A client that goes away meanwhile is noticed: its connection is closed. Node tells of a closed connection to those who read or
 * write, so something is written that means nothing.
 */
export async function keepAsking(client: Socket, waiting: Promise<void>): Promise<void> {
  const timer = setInterval(() => {
    // What was asked before has not left yet: the client is there, and does not read.
    if (client.writableLength === 0) client.write(alivePiece());
  }, askMs);
  try {
    await waiting;
  } finally {
    clearInterval(timer);
  }
}

// A file as bytes on a connection of its own: a FileHead, then pieces. Invariant: one piece is held at a time, and the file is closed when
// the client's connection is.
import type { Clock } from "@cke/foundation/clock";
import {
  endPiece,
  FileHead,
  frame,
  type GetFileRequest,
  pieceHeaderBytes,
  tunnelPieceBytes,
  writePieceHeader,
} from "@cke/protocol";
import type { OutputRegistry } from "../output/output-registry.ts";
import type { ByteClient } from "./byte-client.ts";
import { followPeriodMs, openFile } from "./get-file.ts";

/** Resolves at the end of the file, or with `follow` when the client goes. Throws WrapperError. */
export async function serveByteFile(
  { socket, reader, gone, accept }: ByteClient,
  request: GetFileRequest,
  outputs: OutputRegistry,
  clock: Clock,
): Promise<void> {
  const source = await openFile(request, outputs);
  // The client says nothing more; who does not read is not told of its end.
  void (async () => {
    for await (const _ of reader.rest());
    if (!socket.writableEnded) socket.destroy();
  })().catch(() => {});
  const piece = Buffer.allocUnsafe(pieceHeaderBytes + tunnelPieceBytes);
  /** Resolves when it has left, or the client has gone. */
  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => {
      socket.write(bytes, () => resolve());
    });
  try {
    let left = request.length === 0 ? Number.POSITIVE_INFINITY : request.length;
    let told = false;
    while (left > 0 && !gone.aborted) {
      const wanted = Math.min(tunnelPieceBytes, left);
      const { bytes, offset } = await source.read(piece.subarray(pieceHeaderBytes, pieceHeaderBytes + wanted));
      left -= bytes;
      if (!told) {
        told = true;
        accept();
        socket.write(frame(FileHead.encode({ offset, fileSize: source.size, modifiedAtMs: source.modifiedAtMs })));
      }
      if (bytes > 0) {
        writePieceHeader(piece, bytes);
        await send(piece.subarray(0, pieceHeaderBytes + bytes));
      } else if (request.follow) await clock.sleep(followPeriodMs, gone);
      else break;
    }
    if (!gone.aborted) socket.end(endPiece());
  } catch (error) {
    if (!gone.aborted) throw error;
  } finally {
    await source.close();
  }
}

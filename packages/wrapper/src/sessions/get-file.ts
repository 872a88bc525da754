// GetFile: streams a part of a file, and with `follow` whatever is written to it later. Invariant: the next piece is read when the last
// one has left, and the file is closed when the call is over.
import type { Clock } from "@cke/foundation/clock";
import { type FileChunkInit, type GetFileRequest, MessageSender, pieceBytes } from "@cke/protocol";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { openPlainSource } from "../files/file-source.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { OutputSource } from "../output/output-source.ts";
import { goneSignal } from "./call-stream.ts";

/** Files are polled, not watched: inotify instances are few on a host of many containers (128 by default). */
const followPeriodMs = 200;

export type GetFileCall = ServerWritableStream<GetFileRequest, FileChunkInit>;

/** Resolves at the end of the file, or with `follow` when the client goes. Throws WrapperError. */
export async function serveGetFile(call: GetFileCall, outputs: OutputRegistry, clock: Clock): Promise<void> {
  const { path, offset, length, follow } = call.request;
  const gone = goneSignal(call);
  const sender = new MessageSender<FileChunkInit>(call, gone);
  const output = outputs.find(path);
  const source = output === undefined ? await openPlainSource(path, offset) : new OutputSource(output, offset);
  try {
    let left = length === 0 ? Number.POSITIVE_INFINITY : length;
    let told = false;
    while (left > 0 && !gone.aborted) {
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, left));
      const { bytes, offset: at } = await source.read(buffer);
      left -= bytes;
      // An empty file is one empty chunk, so that its size is told.
      if (bytes > 0 || !told) {
        told = true;
        await sender.send({ offset: at, data: buffer.subarray(0, bytes), fileSize: await source.size() });
      }
      if (bytes > 0) continue;
      if (!follow) break;
      await clock.sleep(followPeriodMs, gone);
    }
    if (!gone.aborted) call.end();
  } catch (error) {
    if (!gone.aborted) throw error;
  } finally {
    await source.close();
  }
}

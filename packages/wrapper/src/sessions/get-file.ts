// GetFile: streams a part of a file, and with `follow` whatever is written to it later, as a gRPC call. Executors of earlier versions use it;
// later ones use the socket for bytes (byte-file.ts). Invariant: the next piece is read when the last
// one has left, and the file is closed when the call is over.
import type { Clock } from "@cke/foundation/clock";
import { type FileChunkInit, type GetFileRequest, MessageSender, pieceBytes } from "@cke/protocol";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { type FileSource, openPlainSource } from "../files/file-source.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { openOutputSource } from "../output/output-source.ts";
import { checkPath, Problems } from "../validation/request-validation.ts";
import { goneSignal } from "./call-stream.ts";

/** Files are polled, not watched: inotify instances are few on a host of many containers (128 by default). */
export const followPeriodMs = 200;

export type GetFileCall = ServerWritableStream<GetFileRequest, FileChunkInit>;

/** The file as it is to be read. Throws WrapperError. */
export async function openFile(request: GetFileRequest, outputs: OutputRegistry): Promise<FileSource> {
  const problems = new Problems();
  checkPath(request.path, "path", problems);
  problems.throwIfAny();
  const output = outputs.find(request.path);
  return output === undefined ? await openPlainSource(request.path, request) : await openOutputSource(output, request);
}

/** Resolves at the end of the file, or with `follow` when the client goes. Throws WrapperError. */
export async function serveGetFile(call: GetFileCall, outputs: OutputRegistry, clock: Clock): Promise<void> {
  const { length, follow } = call.request;
  const gone = goneSignal(call);
  const sender = new MessageSender<FileChunkInit>(call, gone);
  const source = await openFile(call.request, outputs);
  const { size: fileSize, modifiedAtMs } = source;
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
        await sender.send({ offset: at, data: buffer.subarray(0, bytes), fileSize, modifiedAtMs });
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

// GetFile: streams a part of a file, and with `follow` whatever is written to it later.
import { once } from "node:events";
import type { Clock } from "@cke/foundation/clock";
import type { FileChunkInit, GetFileRequest } from "@cke/protocol";
import type { ServerWritableStream } from "@grpc/grpc-js";
import { openPlainSource } from "../files/file-source.ts";
import type { OutputRegistry } from "../output/output-registry.ts";
import { OutputSource } from "../output/output-source.ts";

const chunkBytes = 64 * 1024;
/** Files are polled, not watched: inotify instances are few on a host of many containers (128 by default). */
const followPeriodMs = 200;

export type GetFileCall = ServerWritableStream<GetFileRequest, FileChunkInit>;

/** Resolves at the end of the file, or with `follow` when the client goes. Throws WrapperError. */
export async function serveGetFile(call: GetFileCall, outputs: OutputRegistry, clock: Clock): Promise<void> {
  const { path, offset, length, follow } = call.request;
  const ended = new AbortController();
  call.once("cancelled", () => ended.abort());
  const output = outputs.find(path);
  const source = output === undefined ? await openPlainSource(path, offset) : new OutputSource(output, offset);
  try {
    let left = length === 0 ? Number.POSITIVE_INFINITY : length;
    let sent = false;
    while (left > 0 && !call.cancelled) {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, left));
      const { bytes, offset: at } = await source.read(buffer);
      left -= bytes;
      // An empty file is one empty chunk, so that its size is told.
      if (bytes > 0 || !sent) {
        sent = true;
        const more = call.write({ offset: at, data: buffer.subarray(0, bytes), fileSize: await source.size() });
        if (!more) await once(call, "drain", { signal: ended.signal });
      }
      if (bytes > 0) continue;
      if (!follow) break;
      await clock.sleep(followPeriodMs, ended.signal);
    }
    call.end();
  } catch (error) {
    if (!ended.signal.aborted) throw error;
  } finally {
    await source.close();
  }
}

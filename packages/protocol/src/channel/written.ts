// Writes with back-pressure: the writer waits until the other side has room.
import type { Writable } from "node:stream";

/** Resolves when more may be written. Rejects when the stream has ended, with the stream's error if there is one. */
export function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  const over = () => stream.errored ?? new Error("the stream is over");
  if (stream.destroyed || stream.writableEnded) return Promise.reject(over());
  if (stream.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const leave = () => {
      stream.off("drain", onDrain);
      stream.off("close", onClose);
    };
    const onDrain = () => {
      leave();
      resolve();
    };
    const onClose = () => {
      leave();
      reject(over());
    };
    stream.on("drain", onDrain);
    stream.on("close", onClose);
  });
}

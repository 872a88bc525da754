// Takes the frames of a WebSocket one after the other. To pause the socket is not enough: ws still emits the frames that it
// has read already. Without this the next frame would be taken while the one before waits to be written.
import type { RawData, WebSocket } from "ws";

/** Calls `take` for each frame when it is done with the one before; nothing more is read meanwhile. `take` never rejects. */
export function takeInOrder(socket: WebSocket, take: (data: Buffer, binary: boolean) => Promise<void>): void {
  let last = Promise.resolve();
  let waiting = 0;
  socket.on("message", (data, binary) => {
    waiting += 1;
    socket.pause();
    last = last.then(async () => {
      await take(bytesOf(data), binary);
      waiting -= 1;
      if (waiting === 0) socket.resume();
    });
  });
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

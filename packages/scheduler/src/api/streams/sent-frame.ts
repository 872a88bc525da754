// Sends a frame and waits for it, so that a client that does not read holds up what it is sent.
import type { WebSocket } from "ws";

/** Resolves when the frame is on its way; rejects when the client is gone. */
export function sent(socket: WebSocket, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(data, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
  });
}

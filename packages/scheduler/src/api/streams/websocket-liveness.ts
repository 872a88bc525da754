// Pings the client of a WebSocket: one that misses a whole period is cut off.
import type { Clock } from "@cke/foundation";
import type { WebSocket } from "ws";

/** From now until the socket is closed. */
export function watchClient(socket: WebSocket, clock: Clock, pingMs: number): void {
  let alive = true;
  let cancel = () => {};
  const ping = () => {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
    cancel = clock.after(pingMs, ping, { background: true });
  };
  cancel = clock.after(pingMs, ping, { background: true });
  const answered = () => {
    alive = true;
  };
  socket.on("pong", answered);
  socket.on("message", answered);
  socket.on("close", () => cancel());
}

// Pings the client of a WebSocket: one that misses a whole period is cut off. While nothing is read from it here (its input waits for a
// command), its answers are not read either, and it is not judged.
import type { Clock } from "@cke/foundation";

/** The part of a WebSocket that this uses. */
export interface PingedSocket {
  readonly isPaused: boolean;
  on(event: "pong" | "message" | "close", listener: () => void): unknown;
  ping(): void;
  terminate(): void;
}

/** From now until the socket is closed. */
export function watchClient(socket: PingedSocket, clock: Clock, pingMs: number): void {
  let alive = true;
  let cancel = () => {};
  const ping = () => {
    if (!alive && !socket.isPaused) {
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

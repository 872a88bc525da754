// Pings the client of a WebSocket: one that misses a whole period is cut off. While nothing is read from it here (its input waits for a
// command), its answers are not read either, and it is not judged. It is pinged more often then: the kernel of a client that has gone refuses
// the ping, and the next one finds that out.
import type { Clock } from "@cke/foundation";

/** The part of a WebSocket that this uses. */
export interface PingedSocket {
  readonly isPaused: boolean;
  on(event: "pong" | "message" | "close", listener: () => void): unknown;
  ping(): void;
  terminate(): void;
}

/** Between two pings of a client from which nothing is read. */
const pausedPingMs = 5_000;

/** From now until the socket is closed. */
export function watchClient(socket: PingedSocket, clock: Clock, pingMs: number): void {
  const stepMs = Math.min(pingMs, pausedPingMs);
  let alive = true;
  let sinceMs = 0;
  let cancel = () => {};
  const look = () => {
    sinceMs += stepMs;
    const isDue = sinceMs >= pingMs;
    if (isDue && !alive && !socket.isPaused) {
      socket.terminate();
      return;
    }
    if (isDue || socket.isPaused) {
      alive = false;
      sinceMs = 0;
      socket.ping();
    }
    cancel = clock.after(stepMs, look, { background: true });
  };
  cancel = clock.after(stepMs, look, { background: true });
  const answered = () => {
    alive = true;
  };
  socket.on("pong", answered);
  socket.on("message", answered);
  socket.on("close", () => cancel());
}

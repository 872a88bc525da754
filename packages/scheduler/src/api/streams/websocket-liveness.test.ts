import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { ManualClock } from "../../framework/testing/manual-clock.ts";
import { watchClient } from "./websocket-liveness.ts";

/** A WebSocket that counts, whose client answers when the test says so. */
class CountedSocket extends EventEmitter {
  pings = 0;
  cuts = 0;
  isPaused = false;

  ping(): void {
    this.pings += 1;
  }

  terminate(): void {
    this.cuts += 1;
    this.emit("close");
  }
}

function watched(pingMs = 1_000) {
  const clock = new ManualClock();
  const socket = new CountedSocket();
  watchClient(socket, clock, pingMs);
  return { clock, socket };
}

test("a client that misses a whole period is cut off, and pinged no more", async () => {
  const { clock, socket } = watched();
  await clock.advance(1_000);
  expect([socket.pings, socket.cuts]).toEqual([1, 0]);
  await clock.advance(1_000);
  expect([socket.pings, socket.cuts]).toEqual([1, 1]);
  await clock.advance(10_000);
  expect([socket.pings, socket.cuts, clock.pending]).toEqual([1, 1, 0]);
});

test.each(["pong", "message"])("a %s keeps it", async (event) => {
  const { clock, socket } = watched();
  for (let period = 0; period < 5; period += 1) {
    await clock.advance(1_000);
    socket.emit(event);
  }
  expect(socket.cuts).toBe(0);
});

test("a client from which nothing is read is not judged until it is", async () => {
  const { clock, socket } = watched();
  socket.isPaused = true;
  await clock.advance(5_000);
  expect(socket.cuts).toBe(0);
  socket.isPaused = false;
  await clock.advance(1_000);
  expect(socket.cuts).toBe(1);
});

test("a client from which nothing is read is pinged every 5 s, others once a period", async () => {
  const { clock, socket } = watched(30_000);
  await clock.advance(29_000);
  expect(socket.pings).toBe(0);
  await clock.advance(1_000);
  expect(socket.pings).toBe(1);
  socket.emit("pong");
  socket.isPaused = true;
  await clock.advance(15_000);
  expect([socket.pings, socket.cuts]).toEqual([4, 0]);
});

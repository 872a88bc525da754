// When a peer counts as dead: a table of silences, answers and bytes.
import { systemClock } from "@cke/foundation";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pingMs, silenceMs } from "./channel-protocol.ts";
import { PeerLiveness } from "./peer-liveness.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(peer: { answers: boolean; bytes: number }) {
  const deaths: number[] = [];
  const liveness = new PeerLiveness({
    clock: systemClock,
    // What scheduler and executors have: a silent peer must be found within the 5 s that documents promise.
    pingMs,
    silenceMs,
    ping: (answered) => {
      if (peer.answers) answered();
    },
    received: () => peer.bytes,
    onDead: () => void deaths.push(performance.now()),
  });
  return { liveness, deaths };
}

test("a peer that answers lives", () => {
  const { liveness, deaths } = watch({ answers: true, bytes: 0 });
  liveness.start();
  vi.advanceTimersByTime(60_000);
  expect(deaths).toEqual([]);
});

test("a peer that is too busy to answer, and sends, lives", () => {
  const peer = { answers: false, bytes: 0 };
  const { liveness, deaths } = watch(peer);
  liveness.start();
  for (let second = 0; second < 30; second += 1) {
    peer.bytes += 1;
    vi.advanceTimersByTime(1_000);
  }
  expect(deaths).toEqual([]);
});

test("a peer that falls silent is dead within 5 s, once", () => {
  const peer = { answers: true, bytes: 0 };
  const { liveness, deaths } = watch(peer);
  liveness.start();
  vi.advanceTimersByTime(10_400);
  peer.answers = false;
  const silent = performance.now();
  vi.advanceTimersByTime(60_000);
  expect(deaths).toHaveLength(1);
  expect((deaths[0] ?? 0) - silent).toBeLessThan(5_000);
  expect(liveness.watching).toBe(false);
});

test("nobody is asked, and nobody dies, when there is nothing to lose", () => {
  const { liveness, deaths } = watch({ answers: false, bytes: 0 });
  liveness.start();
  vi.advanceTimersByTime(2_000);
  liveness.stop();
  vi.advanceTimersByTime(60_000);
  expect(deaths).toEqual([]);
});

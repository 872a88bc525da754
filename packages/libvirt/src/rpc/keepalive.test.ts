import { expect, test } from "vitest";
import { decodePacket } from "../wire/packet.ts";
import { Keepalive, keepaliveProgram } from "./keepalive.ts";

/** Keepalive with a clock that the test turns. */
function started(count: number, full: () => boolean = () => false) {
  let due: (() => void) | undefined;
  const sent: number[] = [];
  let dead: number | undefined;
  const keepalive = new Keepalive(
    { intervalMs: 100, count },
    {
      clock: {
        now: () => 0,
        monotonic: () => 0,
        sleep: async () => {},
        after: (_ms, callback) => {
          due = callback;
          return () => {
            due = undefined;
          };
        },
      },
      full,
      send: (packet) => sent.push(decodePacket(packet).header.procedure),
      dead: (silentMs) => {
        dead = silentMs;
      },
    },
  );
  keepalive.start();
  const tick = () => {
    const callback = due;
    due = undefined;
    callback?.();
  };
  return { keepalive, sent, tick, dead: () => dead, waits: () => due !== undefined };
}

test("a daemon that is silent for too long is dead", () => {
  const { sent, tick, dead, waits } = started(2);
  tick();
  tick();
  expect([sent, dead()]).toEqual([[1, 1], undefined]);
  tick();
  expect([dead(), waits()]).toEqual([200, false]);
});

test("whatever the daemon sends is a sign of life", () => {
  const { keepalive, tick, dead } = started(2);
  for (let round = 0; round < 10; round += 1) {
    tick();
    keepalive.heard();
  }
  expect(dead()).toBeUndefined();
});

test("a connection that is full is no silence, for a good while", () => {
  let full = true;
  const { keepalive, sent, tick, dead } = started(2, () => full);
  for (let round = 0; round < 40; round += 1) tick();
  expect([sent, dead()]).toEqual([[], undefined]);
  // A call was answered.
  keepalive.heard();
  full = false;
  tick();
  tick();
  expect([sent, dead()]).toEqual([[1, 1], undefined]);
  // Nothing more is counted while it is full again, and nothing for ever.
  full = true;
  for (let round = 0; round < 47; round += 1) tick();
  expect(dead()).toBeUndefined();
  tick();
  expect(dead()).toBe(4_800);
});

test("a question is answered, and nothing else of that program is known", () => {
  const { keepalive, sent } = started(2);
  const header = { program: keepaliveProgram, version: 1, procedure: 1, type: 2, serial: 0, status: 0 };
  keepalive.receive(header);
  keepalive.receive({ ...header, procedure: 2 });
  expect(sent).toEqual([2]);
  expect(() => keepalive.receive({ ...header, procedure: 3 })).toThrow(/keepalive/);
});

test("it ends", () => {
  const { keepalive, waits } = started(2);
  keepalive.stop();
  expect(waits()).toBe(false);
});

// Input that waits for its command: how much, and for how long what comes after it is held up.
import { Writable } from "node:stream";
import { type Clock, systemClock } from "@cke/foundation/clock";
import { expect, test } from "vitest";
import { WaitingInput } from "./call-stream.ts";

/** A command that reads when the test says so, and a clock whose waits are over when the test says so. */
function stalled() {
  let read = () => {};
  const stdin = new Writable({
    highWaterMark: 1_024,
    write: (_chunk, _encoding, done) => {
      read = () => done();
    },
  });
  const waits: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    after: (_ms, callback) => {
      waits.push(callback);
      return () => {};
    },
  };
  return { input: new WaitingInput(stdin, clock), read: () => read(), waits };
}
const settled = async (work: Promise<void>) =>
  await Promise.race([work.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);

test("a bounded part waits, and then nothing more is taken until the command has read it", async () => {
  const { input, read } = stalled();
  for (let piece = 0; piece < 8; piece += 1) expect(await settled(input.add(Buffer.alloc(32 * 1024)))).toBe(true);
  const more = input.add(Buffer.alloc(1));
  expect(await settled(more)).toBe(false);
  for (let piece = 0; piece < 9; piece += 1) {
    read();
    await new Promise(setImmediate);
  }
  expect(await settled(more)).toBe(true);
});

test("what comes after it waits until it is read, or for a moment; then no more until something was read", async () => {
  const { input, read, waits } = stalled();
  expect(await settled(input.taken())).toBe(true);
  await input.add(Buffer.alloc(2_048));
  const first = input.taken();
  expect(await settled(first)).toBe(false);
  read();
  expect(await settled(first)).toBe(true);
  await input.add(Buffer.alloc(2_048));
  const second = input.taken();
  expect([await settled(second), waits.length]).toEqual([false, 2]);
  waits[1]?.();
  expect(await settled(second)).toBe(true);
  expect([await settled(input.taken()), waits.length]).toEqual([true, 2]);
});

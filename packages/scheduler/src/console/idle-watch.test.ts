import { expect, test } from "vitest";
import { ManualClock } from "../framework/testing/manual-clock.ts";
import { IdleWatch } from "./idle-watch.ts";

function watch(idleMs: number) {
  const clock = new ManualClock();
  let idle = 0;
  const watched = new IdleWatch(clock, idleMs, () => {
    idle += 1;
  });
  return { clock, watched, idle: () => idle };
}

test("it is idle a time after it was seen last, once", async () => {
  const { clock, watched, idle } = watch(1_000);
  await clock.advance(900);
  watched.seen();
  await clock.advance(900);
  expect(idle()).toBe(0);
  await clock.advance(100);
  expect(idle()).toBe(1);
  await clock.advance(10_000);
  expect(idle()).toBe(1);
});

test("what was stopped is never idle", async () => {
  const { clock, watched, idle } = watch(1_000);
  watched.stop();
  await clock.advance(5_000);
  expect(idle()).toBe(0);
});

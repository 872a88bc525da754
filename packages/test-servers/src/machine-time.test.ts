import { expect, test } from "vitest";
import { countedMs, MachineTime } from "./machine-time.ts";

test.each([
  [1_000, 0, 2, 1_000],
  [1_000, 2, 2, 1_000],
  [1_000, 16, 2, 125],
  [1_000, 16, 64, 1_000],
])("%d ms at load %d on %d processors count as %d", (elapsed, load, processors, counted) => {
  expect(countedMs(elapsed, load, processors)).toBe(counted);
});

test("a limit lasts longer for as long as the machine is busy", () => {
  let now = 0;
  let load = 1;
  const time = new MachineTime(30_000, { now: () => now, load: () => load, processors: 2 });
  now = 20_000;
  expect(time.over()).toBe(false);
  load = 32; // each of two processors has sixteen waiting processes
  now += 150_000;
  expect(time.over()).toBe(false);
  load = 1;
  now += 5_000;
  expect(time.over()).toBe(true);
});

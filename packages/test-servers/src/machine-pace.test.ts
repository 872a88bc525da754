import { expect, test } from "vitest";
import { pacedMs } from "./machine-pace.ts";

const idle = { startsMs: [40, 45, 50], loads: [0.5, 1], processors: 2 };

test.each([
  ["an idle machine", 3_000, idle, 2_995],
  ["a machine that stood still once", 3_000, { ...idle, startsMs: [40, 45, 845] }, 2_200],
  ["a machine on which every start takes five times as long", 3_000, { ...idle, startsMs: [500, 500, 500] }, 600],
  ["a busy machine", 3_000, { ...idle, startsMs: [50], loads: [1, 8] }, 750],
  ["a stall that was longer than the time", 500, { ...idle, startsMs: [40, 45, 845] }, 0],
  ["no sample", 500, { startsMs: [], loads: [], processors: 2 }, 500],
])("on %s %d ms count less", (_machine, elapsed, samples, counted) => {
  expect(pacedMs(elapsed, samples)).toBeCloseTo(counted, 6);
});

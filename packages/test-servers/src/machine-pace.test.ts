import { expect, test } from "vitest";
import { pacedMs } from "./machine-pace.ts";

test.each([
  ["an idle machine", 3_000, [40, 45, 50], 2_995],
  ["a machine that stood still once", 3_000, [40, 45, 845], 2_200],
  ["a machine on which every start takes five times as long", 3_000, [250, 250, 250], 600],
  ["a stall that was longer than the time", 500, [40, 45, 845], 50],
  ["a machine on which every start takes a hundred times as long", 30_000, [5_000, 5_000, 5_000], 3_000],
  ["no sample", 500, [], 500],
])("on %s %d ms count less", (_machine, elapsed, startsMs, counted) => {
  expect(pacedMs(elapsed, { startsMs })).toBeCloseTo(counted, 6);
});

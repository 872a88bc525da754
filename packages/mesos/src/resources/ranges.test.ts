import { describe, expect, test } from "vitest";
import { seededRandom } from "../testing/seeded-random.ts";
import type { Range } from "../v1/value.ts";
import {
  countOfRanges,
  describeRanges,
  firstOfRanges,
  intersectRanges,
  normalizeRanges,
  rangesOf,
  subtractRanges,
} from "./ranges.ts";

/** "1-5 8" as ranges. */
const r = (text: string): readonly Range[] =>
  text
    .split(" ")
    .filter(Boolean)
    .map((part) => {
      const [begin = 0, end = begin] = part.split("-").map(Number);
      return { begin, end };
    });

test.each([
  ["", ""],
  ["5 1-2", "1-2 5"],
  ["1-3 4-6", "1-6"],
  ["1-10 3-4", "1-10"],
  ["1-4 2-8", "1-8"],
  ["9-3", ""],
])("normalize %j", (input, output) => {
  expect(normalizeRanges(r(input))).toEqual(r(output));
});

test.each([
  ["1-10", "", "1-10"],
  ["1-10", "1-10", ""],
  ["1-10", "4-5", "1-3 6-10"],
  ["1-10", "0-2 9-20", "3-8"],
  ["1-3 7-9", "3-7", "1-2 8-9"],
  ["1-3", "5-9", "1-3"],
])("%j without %j", (from, what, rest) => {
  expect(subtractRanges(r(from), r(what))).toEqual(r(rest));
});

test("count, first, rangesOf, describe", () => {
  expect(countOfRanges(r("1-3 2-5 9"))).toBe(6);
  expect(firstOfRanges(r("8-9 1-2"), 3)).toEqual([1, 2, 8]);
  expect(firstOfRanges(r("1"), 3)).toEqual([1]);
  expect(rangesOf([3, 1, 2, 7])).toEqual(r("1-3 7"));
  expect(describeRanges(r("7 1-3"))).toBe("1-3, 7");
});

describe("against sets of numbers (500 seeded cases)", () => {
  const members = (ranges: readonly Range[]) => new Set(firstOfRanges(ranges, 1000));
  test("subtract and intersect", () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = seededRandom(seed);
      const some = () =>
        Array.from({ length: Math.floor(random() * 6) }, () => {
          const begin = Math.floor(random() * 50);
          return { begin, end: begin + Math.floor(random() * 8) - 1 };
        });
      const [a, b] = [some(), some()];
      expect(members(subtractRanges(a, b)), `seed ${seed}`).toEqual(
        new Set([...members(a)].filter((value) => !members(b).has(value))),
      );
      expect([...members(intersectRanges(a, b))].sort()).toEqual(
        [...members(a)].filter((value) => members(b).has(value)).sort(),
      );
    }
  });
});

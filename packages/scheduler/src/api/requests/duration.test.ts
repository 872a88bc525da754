import { expect, test } from "vitest";
import { validate } from "./api-error.ts";
import { durationField, durationMs } from "./duration.ts";

test.each([
  ["90", 90_000],
  ["90s", 90_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["500ms", 500],
  ["0", 0],
  ["", undefined],
  ["s", undefined],
  ["-1", undefined],
  ["1.5s", undefined],
  ["1d", undefined],
  ["2m30s", undefined],
  [" 1s", undefined],
  ["1e3", undefined],
  ["999999999", undefined],
])("%j is %s ms", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test("a field says what is allowed, and takes its bounds", () => {
  const field = durationField("1s", "4m");
  expect(["1", "1000ms", "4m", "240"].map((text) => validate(field, text, "wait"))).toEqual([
    1_000, 1_000, 240_000, 240_000,
  ]);
  for (const text of ["0", "999ms", "241", "5m", "soon"])
    expect(() => validate(field, text, "wait")).toThrow(
      `must be a time from 1s to 4m, like "90", "90s" or "2m" (a number alone is seconds); given is "${text}"`,
    );
});

import { expect, test } from "vitest";
import { formatDuration } from "./duration.ts";

test.each([
  [3_000, "3secs"],
  [120_000, "2mins"],
  [90_000, "90secs"],
  [1_500, "1500ms"],
  [3_600_000, "1hrs"],
  [604_800_000, "1weeks"],
  [0, "0ns"],
])("%d ms is written %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

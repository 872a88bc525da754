import { expect, test } from "vitest";
import { WrapperError, type WrapperStatus } from "../streams/wrapper-error.ts";
import { AttemptPace } from "./attempt-pace.ts";

const waits = (count: number, status: WrapperStatus) => {
  const pace = new AttemptPace(() => 1);
  return Array.from({ length: count }, () => pace.after(new WrapperError(status, "no")));
};

test.each<[WrapperStatus, readonly (number | undefined)[]]>([
  ["unavailable", [200, 400, 800, 1_600, 3_200, 5_000, 5_000]],
  ["deadline", [200, 400]],
  ["failed-precondition", [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]],
  ["resource-exhausted", [5_000]],
  ["other", [5_000]],
  ["invalid-argument", [undefined]],
  ["unimplemented", [undefined]],
])("what ends with %s is tried again after %j ms", (status, expected) => {
  expect(waits(expected.length, status)).toEqual(expected);
});

test("only what was refused is known as refused", () => {
  const pace = new AttemptPace();
  pace.after(new WrapperError("unavailable", "no connection"));
  expect(pace.refused).toBe(false);
  pace.after(new Error("anything else"));
  expect(pace.refused).toBe(true);
});

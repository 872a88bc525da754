import { expect, test } from "vitest";
import { waitStatus } from "./contained-process.ts";

test.each([
  [0, 0],
  [7, 1792],
  [137, 9],
  [143, 15],
  [255, 65280],
])("a shell's code %d is the wait status %d", (code, status) => {
  expect(waitStatus(code)).toBe(status);
});

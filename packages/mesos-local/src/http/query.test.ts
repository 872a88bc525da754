import { expect, test } from "vitest";
import { durationProblem, readInteger, readQuery } from "./query.ts";

test("parameters are split at & and ;, and the last of one name holds", () => {
  expect([...readQuery("a=1&b=x+y;a=%32&c")]).toEqual([
    ["a", "2"],
    ["b", "x y"],
    ["c", ""],
  ]);
});

test.each([
  ["7", 7n],
  ["-1", -1n],
  ["+5", 5n],
  ["0x10", 16n],
  ["-0x10", -16n],
  ["2147483648", undefined],
  ["1.5", undefined],
  ["", undefined],
  [" 1", undefined],
])("%j as 32 bits is %s", (text, value) => {
  expect(readInteger(text, 32)).toBe(value);
});

test.each([
  ["5secs", undefined],
  ["0.5hrs", undefined],
  ["5", "Invalid duration '5'"],
  ["", "Invalid duration ''"],
  ["secs", "Failed to convert '' to number"],
  ["-5secs", "Failed to convert '' to number"],
  ["1.2.3secs", "Failed to convert '1.2.3' to number"],
  ["5s", "Unknown duration unit 's'; supported units are 'ns', 'us', 'ms', 'secs', 'mins', 'hrs', 'days', and 'weeks'"],
  ["999999weeks", "Argument out of the range that a Duration can represent due to int64_t's size limit"],
])("duration %j: %s", (text, problem) => {
  expect(durationProblem(text)).toBe(problem);
});

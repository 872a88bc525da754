import { expect, test } from "vitest";
import { appended, emptyLog } from "./log-text.ts";

test("a log keeps its end, and begins with a line", () => {
  let log = emptyLog;
  for (let line = 0; line < 100; line += 1) log = appended(log, `line ${line}\n`, 200);
  expect(log.text.length).toBeLessThanOrEqual(200);
  expect(log.text).toMatch(/^line \d+\n/);
  expect(log.text.endsWith("line 99\n")).toBe(true);
  expect(log.dropped).toBeGreaterThan(500);
});

test("a line that is too long keeps its end too", () => {
  expect(appended(emptyLog, "x".repeat(1_000), 100).text.length).toBeLessThanOrEqual(100);
});

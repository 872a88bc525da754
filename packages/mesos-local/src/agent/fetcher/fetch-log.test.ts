import { expect, test } from "vitest";
import { fetchLogLine } from "./fetch-log.ts";

test("the fetcher's lines look like Mesos'", () => {
  const line = fetchLogLine("I", new Date(2026, 10, 23, 12, 53, 13, 311).getTime(), 7245, "text");
  expect(line).toBe("I1123 12:53:13.311000  7245 fetcher] text");
});

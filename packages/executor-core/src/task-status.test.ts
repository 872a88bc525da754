import { expect, test } from "vitest";
import { taskStatus } from "./task-status.ts";

test("words of any length go out as 4 KiB, with their beginning and their end", () => {
  const { message = "" } = taskStatus("t", { state: "TASK_FAILED", message: `why${"ä".repeat(500_000)}last` }, "e", 0);
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4_096);
  expect(message).toMatch(/^whyä+\[… \d+ bytes cut …\]ä+last$/);
});

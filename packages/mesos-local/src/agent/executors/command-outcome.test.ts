import { expect, test } from "vitest";
import { commandOutcome, waitStatusText } from "./command-outcome.ts";

test.each([
  [1280, "Command exited with status 5"],
  [15, "Command terminated with signal Terminated"],
  [9, "Command terminated with signal Killed"],
  [139, "Command terminated with signal Segmentation fault"],
])("wait status %d reads %s", (status, text) => {
  expect(waitStatusText(status)).toBe(text);
});

test.each([
  [{ killed: "no", waitStatus: 0 }, "TASK_FINISHED"],
  [{ killed: "no", waitStatus: 256 }, "TASK_FAILED"],
  [{ killed: "request", waitStatus: 0 }, "TASK_KILLED"],
  [{ killed: "unhealthy", waitStatus: 15 }, "TASK_KILLED"],
  [{ killed: "timeout", waitStatus: 15 }, "TASK_FAILED"],
  [{ killed: "no", waitStatus: undefined }, "TASK_FAILED"],
  [{ killed: "no", problem: new Error("no such file") }, "TASK_FAILED"],
] as const)("%j ends as %s", (end, state) => {
  expect(commandOutcome(end).state).toBe(state);
});

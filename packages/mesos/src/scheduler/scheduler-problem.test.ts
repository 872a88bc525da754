import { expect, test } from "vitest";
import { defaultDecision, problemOfErrorEvent, problemOfStatus } from "./scheduler-problem.ts";

// Words of the recordings failover, scheduler-lifecycle and scheduler-errors, and of older versions.
test.each([
  ["Framework has been removed", "framework_removed", "stop"],
  ["Completed framework attempted to re-subscribe", "framework_removed", "stop"],
  ["Framework failed over", "failed_over", "stop"],
  ["'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable", "refused", "retry"],
  ["The framework failover_timeout (1e+30) is invalid", "refused", "retry"],
  ["Not authorized to use roles '[ x ]'", "unauthorized", "retry"],
])("%s is %s: %s", (message, kind, decision) => {
  const problem = problemOfErrorEvent(message);
  expect(problem).toEqual({ kind, message });
  expect(defaultDecision(problem)).toBe(decision);
});

test.each([
  [400, "refused"],
  [401, "unauthenticated"],
  [403, "unauthorized"],
  [415, "refused"],
  [408, undefined],
  [429, undefined],
  [500, undefined],
  [503, undefined],
  [307, undefined],
])("status %i is %s", (status, kind) => {
  expect(problemOfStatus(status, " text ")).toEqual(kind === undefined ? undefined : { kind, status, message: "text" });
});

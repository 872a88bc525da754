import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { headlineOf, NodeFailure, reasonOf } from "./node-failure.ts";

test.each<readonly [ConstructorParameters<typeof NodeFailure>, string]>([
  [["c", "what happened"], "what happened"],
  [["c", "what happened", { advice: "what to do" }], "what happened: what to do"],
  [["c", "what happened", { words: "Docker: no" }], "what happened. Docker: no"],
  [["c", "what happened", { advice: "what to do", words: "Docker: no" }], "what happened: what to do. Docker: no"],
])("%j", (args, message) => {
  const failure = new NodeFailure(...args);
  expect([failure.message, headlineOf(failure)]).toEqual([message, "what happened"]);
});

test("a failure without a headline of its own is cut to its first line", () => {
  expect(headlineOf(new CkeError("c", "first\nsecond"))).toBe("first");
  expect(headlineOf(new CkeError("c", "x".repeat(1_000))).length).toBeLessThanOrEqual(201);
});

test.each<readonly [string, boolean, string | undefined]>([
  ["network_missing", false, "REASON_CONTAINER_LAUNCH_FAILED"],
  ["wrapper_silent", false, "REASON_CONTAINER_LAUNCH_FAILED"],
  ["container_exited", false, "REASON_CONTAINER_LAUNCH_FAILED"],
  ["container_exited", true, undefined],
  ["container_removed", false, undefined],
  ["container_stopped", true, undefined],
  ["container_killed", true, undefined],
  ["container_out_of_memory", false, "REASON_CONTAINER_LIMITATION_MEMORY"],
  ["container_out_of_memory", true, "REASON_CONTAINER_LIMITATION_MEMORY"],
])("%s, launched %s: %s", (code, launched, reason) => {
  expect(reasonOf(code, launched)).toBe(reason);
});

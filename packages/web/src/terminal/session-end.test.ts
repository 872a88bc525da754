import { expect, test } from "vitest";
import { retryDelaySeconds, sessionEnd } from "./session-end.ts";

const error = (code: string, words: string) => ({ error: { code, error: words } });

test.each([
  [1000, { exit: { code: 0, signal: "" } }, "The shell has ended.", "enter"],
  [1000, { exit: { code: 7, signal: "" } }, "The shell has ended with exit code 7.", "enter"],
  [1000, { exit: { code: 137, signal: "KILL" } }, "The shell has ended by signal KILL.", "enter"],
  [1006, {}, "The connection is lost.", "itself"],
  [1012, error("not_leader", "this scheduler leads no longer"), "This scheduler leads no longer.", "itself"],
  [4408, error("idle", "nothing was typed"), "Nothing was typed.", "enter"],
  [4429, error("too_many_sessions", "too many"), "Too many.", "enter"],
  [4409, error("node_not_running", "nothing of it runs"), "Nothing of it runs.", "itself"],
  [4502, error("channel_lost", "the way is lost; ask again"), "The way is lost; ask again.", "itself"],
] as const)("code %d after %j: %s", (code, last, words, again) => {
  expect(sessionEnd(code, last)).toEqual({ words, again });
});

test("attempts come less and less often, and never more rarely than four times a minute", () => {
  expect([0, 1, 2, 3, 4, 50].map(retryDelaySeconds)).toEqual([1, 2, 4, 8, 15, 15]);
});

import { expect, test } from "vitest";
import { screenEnd } from "./end-words.ts";

test.each([
  [1000, "", true, "The screen has ended"],
  [1006, "", true, "The connection is lost."],
  [1012, "connect again", true, "The connection is lost: connect again."],
  [4404, 'there is no VM "x"', false, 'There is no such virtual machine: there is no VM "x".'],
  [4409, "it does not run", false, "It has no screen now: it does not run."],
  [4429, "", false, "The screen cannot be shown."],
  [4503, "", true, "The connection is lost."],
])("close code %i", (code, reason, again, words) => {
  const end = screenEnd(code, reason);
  expect(end.again).toBe(again);
  expect(end.words).toContain(words);
});

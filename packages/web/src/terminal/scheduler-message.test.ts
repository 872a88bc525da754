import { expect, test } from "vitest";
import { readMessage } from "./scheduler-message.ts";

test.each([
  ['{"type":"session","cluster":"my","node":"m","title":"kubectl","idle_seconds":1800}', "session"],
  ['{"type":"exit","code":1,"signal":""}', "exit"],
  ['{"type":"error","code":"x","error":"y"}', "error"],
  ['{"type":"later"}', undefined],
  ["null", undefined],
  ["{", undefined],
])("%s is %s", (text, type) => {
  expect(readMessage(text)?.type).toBe(type);
});

// What the API answers when an executor refuses.
import { expect, test } from "vitest";
import { streamFailure } from "./channel-errors.ts";

test.each([
  ["not_found", { code: "not_found", status: 404, retryable: false }],
  ["resource_exhausted", { code: "resource_exhausted", status: 429, retryable: true }],
  ["unavailable", { code: "unavailable", status: 502, retryable: true }],
  ["vm_busy", { code: "vm_busy", status: 409, retryable: true }],
  ["guest_away", { code: "guest_away", status: 409, retryable: false }],
  ["something else", { code: "stream_failed", status: 502, retryable: true }],
])("an executor refuses with the code %s", (code, expected) => {
  expect(streamFailure({ code, message: "why" })).toMatchObject({ ...expected, message: "why" });
});

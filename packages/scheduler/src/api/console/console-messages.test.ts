import { CkeError } from "@cke/foundation";
import { describe, expect, test } from "vitest";
import { idleEnd, readPageMessage, refusalOf } from "./console-messages.ts";

test.each([[{ type: "resize", rows: 24, columns: 80 }], [{ type: "shown", bytes: 65_536 }]])(
  "%j is a message of a page",
  (message) => {
    expect(readPageMessage(JSON.stringify(message))).toEqual(message);
  },
);

test.each([
  ["{", "must be JSON"],
  ["{}", "type"],
  ['{"type":"resize","rows":0,"columns":1}', "rows"],
  ['{"type":"shown","bytes":1.5}', "bytes"],
  ['{"type":"shown","bytes":1,"more":1}', "more"],
])("%s is refused: %s", (text, words) => {
  expect(() => readPageMessage(text)).toThrow(words);
});

describe("the end of a session that failed", () => {
  test.each([
    [new CkeError("not_found", "no such node", { status: 404 }), 4_404, "no such node"],
    [new CkeError("not_leader", "ask again", { status: 503 }), 1_012, "ask again"],
    [idleEnd(1_800_000), 4_408, "nothing was typed or written for 30 minutes"],
    [idleEnd(45_000), 4_408, "for 45 seconds"],
    [new Error("secret of the program"), 4_500, "the scheduler's log has the details"],
  ])("%s: %d", (error, closeCode, words) => {
    const refusal = refusalOf(error);
    expect(refusal.closeCode).toBe(closeCode);
    expect(refusal.message).toMatchObject({ type: "error", error: expect.stringContaining(words) });
    expect(refusal.reason.length).toBeLessThan(123);
  });
});

import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { inQueryNames } from "./exec-messages.ts";

test.each([
  ["start.user: there is no user none", "user: there is no user none"],
  [
    "start.command[1]: must not contain a zero byte; start.size: must be 1",
    "command[1]: must not contain a zero byte; rows, columns: must be 1",
  ],
  ["restart.user is not ours", "restart.user is not ours"],
])("%s", (from, to) => {
  const told = inQueryNames(new CkeError("invalid_argument", from, { status: 400 }));
  expect(told).toMatchObject({ code: "invalid_argument", status: 400, message: to });
});

test("what else is thrown stays what it is", () => {
  const error = new Error("start.user");
  expect(inQueryNames(error)).toBe(error);
});

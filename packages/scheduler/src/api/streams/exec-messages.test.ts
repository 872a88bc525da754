import { CkeError } from "@cke/foundation";
import { expect, test } from "vitest";
import { validate } from "../requests/api-error.ts";
import { execQuery, inQueryNames, readControl } from "./exec-messages.ts";

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

test.each([
  ["abc", '"abc"'],
  ["", '""'],
  ["1.5", '"1.5"'],
  ["0", "0"],
  ["1001", "1001"],
])("a terminal of %j columns is refused in the words of who asked", (columns, given) => {
  const words = `columns: must be a whole number from 1 to 1000; given is ${given}`;
  expect(() => validate(execQuery, { command: "sh", columns }, "the query")).toThrow(words);
  expect(() => readControl(JSON.stringify({ type: "resize", rows: 1, columns }))).toThrow(words);
});

test("a terminal has the size that was asked for, or that of old terminals", () => {
  const size = (query: object) => {
    const { rows, columns } = validate(execQuery, { command: "sh", ...query }, "the query");
    return [rows, columns];
  };
  expect([size({}), size({ rows: "50", columns: "1000" })]).toEqual([
    [24, 80],
    [50, 1000],
  ]);
});

import { expect, test } from "vitest";
import { shellExit } from "./exec-exit.ts";

test.each([
  [{ code: 0, signal: "" }, 0],
  [{ code: 255, signal: "" }, 255],
  [{ code: 137, signal: "KILL" }, 137],
  [{ code: -1, signal: "KILL" }, 137],
  [{ code: -1, signal: "TERM" }, 143],
  [{ code: -1, signal: "UNKNOWN" }, 128],
])("%j", (exit, code) => {
  expect(shellExit(exit)).toEqual({ code, signal: exit.signal });
});

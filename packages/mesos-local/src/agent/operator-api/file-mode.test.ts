import { expect, test } from "vitest";
import { modeText } from "./file-mode.ts";

test.each([
  [0o40755, "drwxr-xr-x"],
  [0o100644, "-rw-r--r--"],
  [0o120777, "lrwxrwxrwx"],
  [0o104755, "-rwsr-xr-x"],
  [0o41777, "drwxrwxrwt"],
])("mode %o reads %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});

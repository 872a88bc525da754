import { expect, test } from "vitest";
import { sizeBreaches } from "./sizes.ts";

const room = (count: number, folder: string, ending = ".ts") =>
  Array.from({ length: count }, (_, index) => ({ package: "p", path: `${folder}f${index}${ending}`, text: "x\n" }));
const file = (path: string, lines: number) => ({ package: "p", path, text: "x\n".repeat(lines) });

test.each([
  ["a full room", room(14, "a/"), []],
  ["a crowded room", room(15, "a/"), ["packages/p/src/a/: 15 files, at most 14"]],
  ["tests do not count", [...room(14, "a/"), ...room(14, "a/", ".test.ts")], []],
  ["sub-folders are rooms of their own", [...room(10, "a/"), ...room(10, "a/b/")], []],
  ["a long file", [file("a.ts", 301)], ["packages/p/src/a.ts: 301 lines, at most 300"]],
  ["300 lines", [file("a.ts", 300)], []],
  ["generated code", [...room(20, "generated/"), file("generated/long.ts", 9000)], []],
  ["an exception", [file("table.ts", 900)], []],
])("%s", (_, files, expected) => {
  expect(sizeBreaches(files, { "packages/p/src/table.ts": "one row a flag" })).toEqual(expected);
});

import { expect, test } from "vitest";
import { cycleLines } from "./report.ts";
import { fileCycles, roomCycles } from "./room-cycles.ts";

const files = (imports: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(imports).map(([path, names]) => ({
    package: "p",
    path,
    text: names.map((name) => `import type { X } from "${name}";`).join("\n"),
  }));

test.each<[string, Readonly<Record<string, readonly string[]>>, readonly string[]]>([
  ["types count", { "a.ts": ["./b.ts"], "b.ts": ["./a.ts"] }, ["a.ts → b.ts → a.ts"]],
  ["tests do not", { "a.ts": [], "a.test.ts": ["./a.ts", "./a.test.ts"] }, []],
  ["other packages do not", { "a.ts": ["@cke/p/b", "../../q/src/a.ts"], "b.ts": ["./a.ts"] }, []],
])("between files: %s", (_, imports, expected) => {
  expect(fileCycles(files(imports)).map(cycleLines)).toEqual(expected);
});

test.each<[string, Readonly<Record<string, readonly string[]>>, readonly string[]]>([
  ["one direction is none", { "a/x.ts": ["../b/y.ts"], "b/y.ts": [] }, []],
  ["of different files", { "a/x.ts": ["../b/y.ts"], "b/y.ts": [], "b/z.ts": ["../a/w.ts"], "a/w.ts": [] }, ["a/ b/"]],
  ["of a folder and its own room", { "a/x.ts": ["./b/y.ts"], "a/b/y.ts": ["../z.ts"], "a/z.ts": [] }, ["a/*.ts a/b/"]],
  ["inside a folder", { "a/b/x.ts": ["../c/y.ts"], "a/c/y.ts": [], "a/c/z.ts": ["../b/x.ts"] }, ["a/b/ a/c/"]],
  [
    "of rooms whose own rooms have none",
    { "a/b/x.ts": ["../../c/d/y.ts"], "c/d/y.ts": [], "c/e/z.ts": ["../../a/f/w.ts"], "a/f/w.ts": [] },
    ["a/ c/"],
  ],
  [
    "not from rooms for tests",
    { "a/x.ts": ["../b/y.ts"], "b/y.ts": [], "b/testing/f.ts": ["../../a/x.ts", "../y.ts"] },
    [],
  ],
  ["not from tests", { "a/x.ts": [], "a/x.test.ts": ["../testing/f.ts"], "testing/f.ts": ["../a/x.ts"] }, []],
])("between rooms: %s", (_, imports, expected) => {
  expect(roomCycles(files(imports)).map(({ nodes }) => nodes.join(" "))).toEqual(expected);
});

test("a cycle of rooms shows the imports that make it", () => {
  const [cycle] = roomCycles(files({ "a/x.ts": ["../b/y.ts"], "b/y.ts": ["../a/x.ts"] }));
  expect(cycle && cycleLines(cycle)).toBe("a/ → b/ → a/\n    a/x.ts → b/y.ts\n    b/y.ts → a/x.ts");
});

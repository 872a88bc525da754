import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyOf, madeFiles, readStamp, type Stamp, staleness, writeStamp } from "./content-stamp.ts";

let top = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "cke-stamp-"));
  mkdirSync(join(top, "packages/a/node_modules"), { recursive: true });
  writeFileSync(join(top, "packages/a/main.ts"), "1");
  writeFileSync(join(top, "packages/a/main.test.ts"), "1");
  writeFileSync(join(top, "packages/a/node_modules/x"), "1");
});
afterEach(() => rmSync(top, { recursive: true }));
const key = (...words: string[]) => keyOf(top, words, ["packages"]);

test.each([
  ["a file's time", () => utimesSync(join(top, "packages/a/main.ts"), 1, 1), true],
  ["a test", () => writeFileSync(join(top, "packages/a/main.test.ts"), "2"), true],
  ["an installed package", () => writeFileSync(join(top, "packages/a/node_modules/x"), "2"), true],
  ["a file's content", () => writeFileSync(join(top, "packages/a/main.ts"), "2"), false],
  ["a file's execute bit", () => chmodSync(join(top, "packages/a/main.ts"), 0o755), false],
  ["a new file", () => writeFileSync(join(top, "packages/a/other.ts"), ""), false],
])("after a change of %s", (_what, change, same) => {
  const before = key();
  change();
  expect(key() === before).toBe(same);
});

test("what is asked for belongs to the key", () => {
  expect(key("1.36")).not.toBe(key("1.37"));
});

const file = { path: "dist/program", size: 3, mtimeMs: 5 };
const stamp: Stamp = { key: "k", version: "1.37", image: "i:1", imageId: "sha256:1", binaries: "b", files: [file] };

test.each([
  [undefined, "k", "sha256:1", [file], "nothing is built yet"],
  [stamp, "k", "sha256:1", [file], ""],
  [stamp, "other", "sha256:1", [file], "the checkout has changed"],
  [stamp, "k", "", [file], "the image i:1 is missing"],
  [stamp, "k", "sha256:2", [file], "the image i:1 is another one"],
  [stamp, "k", "sha256:1", [{ ...file, size: 4 }], "what was built is not as it was"],
  [stamp, "k", "sha256:1", undefined, "what was built is not as it was"],
] as const)("stamp %# says what has to be made", (given, wanted, imageId, files, reason) => {
  expect(staleness(given, wanted, imageId, files)).toBe(reason);
});

test("a stamp is read as it was written, and a damaged one is none", () => {
  const path = join(top, "deep/stamp.json");
  expect(readStamp(path)).toBeUndefined();
  writeStamp(path, stamp);
  expect(readStamp(path)).toEqual(stamp);
  writeFileSync(path, "{}");
  expect(readStamp(path)).toBeUndefined();
});

test("a made file that is gone makes the whole list none", () => {
  const there = join(top, "packages/a/main.ts");
  expect(madeFiles([there])).toMatchObject([{ path: there, size: 1 }]);
  expect(madeFiles([there, join(top, "gone")])).toBeUndefined();
});

import { expect, test } from "vitest";
import { parseCentralDirectory, refuseEntry, type ZipEntry } from "./zip-archive.ts";

const entry = (change: Partial<ZipEntry>): ZipEntry => ({
  name: "dir/a",
  method: 8,
  encrypted: false,
  compressedSize: 10,
  headerOffset: 0,
  mode: 0o100644,
  ...change,
});

test.each([
  [{}, undefined],
  [{ name: "dir/../a" }, undefined],
  [{ name: "../a" }, "it leaves the directory"],
  [{ name: "dir/../../a" }, "it leaves the directory"],
  [{ name: "/etc/passwd" }, "it leaves the directory"],
  [{ mode: 0o120777 }, "it is a symbolic link"],
  [{ encrypted: true }, "it is encrypted"],
  [{ method: 14 }, "compression method 14 is unknown"],
  [{ compressedSize: 0xffffffff }, "zip64 is not supported"],
])("%j is refused because %s", (change, reason) => {
  expect(refuseEntry(entry(change))).toBe(reason);
});

test("a directory that ends too early is not usable", () => {
  expect(() => parseCentralDirectory(Buffer.alloc(10), 1)).toThrow("the zip archive is not usable: bad entry");
});

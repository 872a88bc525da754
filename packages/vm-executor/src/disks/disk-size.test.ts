import { VmDisk } from "@cke/protocol";
import { expect, test } from "vitest";
import { formatOf, grownBytes, keptSize, mebibyte, newDiskBytes } from "./disk-size.ts";

const disk = (sizeMib: number, format = "") => VmDisk.create({ name: "root", sizeMib, format });

test.each([
  [disk(10), undefined, 10 * mebibyte],
  [disk(0), 5_000_000, 5_000_000],
  [disk(10), 10 * mebibyte, 10 * mebibyte],
  [disk(11), 10 * mebibyte, 11 * mebibyte],
])("a new disk", (wanted, image, bytes) => {
  expect(newDiskBytes(wanted, image)).toBe(bytes);
});

test.each([
  [disk(0), undefined, "disk root: it has no image, so it needs a size"],
  [disk(9), 10 * mebibyte - 1, "its image has 10 MiB, and its size is 9 MiB; give at least 10 MiB, or no size"],
])("a new disk that cannot be", (wanted, image, words) => {
  expect(() => newDiskBytes(wanted, image)).toThrow(words);
});

test("a disk grows and never shrinks", () => {
  expect(grownBytes(disk(20), 10 * mebibyte)).toBe(20 * mebibyte);
  expect(grownBytes(disk(10), 10 * mebibyte)).toBeUndefined();
  expect(grownBytes(disk(0), 10 * mebibyte)).toBeUndefined();
  expect(grownBytes(disk(5), 10 * mebibyte)).toBeUndefined();
  expect(keptSize(disk(5), 10 * mebibyte)).toBe("disk root keeps its 10 MiB: disks do not shrink to 5 MiB");
  expect(keptSize(disk(0), 10 * mebibyte)).toBe("");
  expect(keptSize(disk(10), 10 * mebibyte - 1)).toBe("");
});

test("its format", () => {
  expect([formatOf(disk(0)), formatOf(disk(0, "raw"))]).toEqual(["qcow2", "raw"]);
  expect(() => formatOf(disk(0, "vmdk"))).toThrow("allowed: qcow2, raw");
});

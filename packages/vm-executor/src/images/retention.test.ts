import { expect, test } from "vitest";
import { imagesToRemove, type RetentionPolicy, type StoredImage } from "./retention.ts";

const day = 86_400_000;
const policy: RetentionPolicy = { unusedMs: 30 * day, unusedBytes: 100, youngMs: day };
const image = (sha256: string, daysAgo: number, bytes = 10, used = false): StoredImage => ({
  sha256,
  bytes,
  used,
  lastUsedMs: 1_000 * day - daysAgo * day,
});
const removed = (images: readonly StoredImage[], wantedBytes = 0) =>
  imagesToRemove(images, policy, { nowMs: 1_000 * day, wantedBytes });

test.each([
  ["nothing", [], 0, []],
  ["what was unused for long goes", [image("a", 31), image("b", 29)], 0, ["a"]],
  ["what a VM uses never goes", [image("a", 400, 10, true)], 1_000, []],
  ["too much of it goes, oldest first", [image("a", 2, 60), image("b", 5, 60), image("c", 3, 60)], 0, ["b", "c"]],
  ["what is used does not count as unused", [image("a", 2, 90), image("b", 3, 90, true)], 0, []],
  [
    "room is made, oldest first, and no more than is wanted",
    [image("a", 5), image("b", 4), image("c", 3)],
    15,
    ["a", "b"],
  ],
  ["what was just fetched stays", [image("a", 0.5), image("b", 2)], 1_000, ["b"]],
  ["equal ages have an order", [image("b", 31), image("a", 31)], 0, ["a", "b"]],
])("%s", (_, images, wanted, sums) => {
  expect(removed(images, wanted)).toEqual(sums);
});

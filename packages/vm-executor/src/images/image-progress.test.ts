import { expect, test } from "vitest";
import { describeProgress, type ImageProgress } from "./image-progress.ts";

test.each<[ImageProgress, string]>([
  [{ phase: "downloading", done: 120e6, total: 300e6 }, "downloading 120 MB of 300 MB (40 %)"],
  [{ phase: "downloading", done: 1_234, total: undefined }, "downloading 1.2 kB"],
  [{ phase: "checking", done: 300e6, total: 300e6 }, "checking 300 MB of 300 MB (100 %)"],
  [{ phase: "copying", done: 0, total: 0 }, "copying 0 B"],
  [{ phase: "waiting", done: 999, total: 1e12 }, "another executor of this host fetches it: 999 B of 1.0 TB (0 %)"],
])("%j", (progress, words) => {
  expect(describeProgress(progress)).toBe(words);
});

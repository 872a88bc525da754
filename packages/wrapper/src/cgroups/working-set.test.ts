import { expect, test } from "vitest";
import { refuseBelowWorkingSet } from "./cgroup-v1.ts";

const MiB = 1024 * 1024;
const none = Number.POSITIVE_INFINITY;

test.each([
  ["raised", 256, 128, 200, 0, ""],
  ["the same", 128, 128, 200, 0, ""],
  ["no limit any more", 0, 128, 200, 0, ""],
  ["lowered to what is used", 100, 128, 100, 0, ""],
  [
    "lowered below what is used",
    16,
    128,
    100,
    0,
    "below the 100 MiB that the programs in it work with; the limit of 128 MiB stays",
  ],
  ["lowered below cache that nobody has used for a while", 16, 128, 100, 90, ""],
  ["lowered below cache that is in use", 16, 128, 100, 60, "below the 40 MiB"],
  ["where there was no limit", 16, none, 100, 0, "no limit stays"],
  ["where version 1 had none", 16, (2 ** 63 - 4096) / MiB, 100, 0, "no limit stays"],
  ["more inactive than used, as two files may be read at two moments", 16, 128, 100, 120, ""],
])("a limit that is %s", (_title, asked, before, usage, inactive, words) => {
  const refuse = () =>
    refuseBelowWorkingSet(asked * MiB, before * MiB, { usage: usage * MiB, inactive: inactive * MiB });
  if (words === "") refuse();
  else expect(refuse).toThrow(words);
});

import { expect, test } from "vitest";
import { sampleVmSpec } from "../testing/sample-vms.ts";
import { liveLimit, turnWords } from "./live-limit.ts";

const minutes = 60_000;
const sample = sampleVmSpec();
const memory = { ...sample.memory, maximumMib: 4_096 };
const [disk] = sample.disks;
if (disk === undefined) throw new Error("no disk");

test.each([
  ["without disks of its own", [{ ...disk, path: "/mnt/x", sizeMib: 9_000 }], undefined, 40],
  ["by each GiB of them too", [{ ...disk, path: "", sizeMib: 20_480 }], undefined, 90],
  ["not by a window that is far away", [], 500, 40],
  ["until five minutes before its agent's window", [], 30, 25],
  ["not at all when that has begun", [], 2, -3],
])("a guest of 4 GiB may take so long: %s", (_what, disks, windowMinutes, expected) => {
  const window = windowMinutes === undefined ? undefined : 1_000 * minutes + windowMinutes * minutes;
  const { atMs } = liveLimit({ memory, disks }, 1_000 * minutes, window);
  expect((atMs - 1_000 * minutes) / minutes).toBe(expected);
});

test.each([
  ["nobody moves", [], ""],
  ["one moves there", [["a", "c"]], ""],
  [
    "others move elsewhere",
    [
      ["c", "d"],
      ["d", "c"],
      ["e", "c"],
    ],
    "",
  ],
  [
    "two move from its host",
    [
      ["a", "c"],
      ["a", "d"],
    ],
    "from or to a",
  ],
  [
    "one moves from its host, and another one to it",
    [
      ["a", "c"],
      ["d", "a"],
    ],
    "from or to a",
  ],
  [
    "two move to its new host",
    [
      ["c", "b"],
      ["d", "b"],
    ],
    "from or to b",
  ],
  [
    "one moves on its way, and two elsewhere",
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "e"],
    ],
    "",
  ],
])("a guest that is to move from a to b, when %s", (_when, others, words) => {
  if (words === "") expect(turnWords(["a", "b"], others)).toBe("");
  else expect(turnWords(["a", "b"], others)).toContain(words);
});

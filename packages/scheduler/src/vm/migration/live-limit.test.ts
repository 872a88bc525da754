import { expect, test } from "vitest";
import { sampleVmSpec } from "../testing/sample-vms.ts";
import { LiveTurns, liveLimit } from "./live-limit.ts";

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

test("two guests move from or to a host at once, and a third one waits until one of them has ended", () => {
  const turns = new LiveTurns();
  expect(turns.begin("p1", ["a", "b"])).toBe("");
  expect(turns.begin("p2", ["a", "c"])).toBe("");
  expect(turns.begin("p1", ["a", "b"])).toBe("");
  expect(turns.begin("p3", ["a", "d"])).toContain("from or to a");
  expect(turns.begin("p4", ["d", "b"])).toBe("");
  expect(turns.begin("p5", ["e", "b"])).toContain("from or to b");
  turns.end("p1");
  expect(turns.begin("p3", ["a", "d"])).toBe("");
});

import { describe, expect, it } from "vitest";
import { describeRun, durationInWords, type EndedRun, endedByMemoryLimit } from "./exit-description.ts";

const run = (more: Partial<EndedRun>): EndedRun => ({
  code: 0,
  signal: "",
  ranMs: 1_500,
  oomKills: 0,
  memoryBytes: 64 * 1024 * 1024,
  lastOutput: "",
  ...more,
});

describe("describeRun", () => {
  it.each([
    [run({}), "exited with code 0 after 1.5 s"],
    [run({ code: 1, lastOutput: "a\npanic: no\n\n" }), "exited with code 1 after 1.5 s: panic: no"],
    [run({ code: -1, signal: "SEGV" }), "ended by signal SEGV after 1.5 s"],
    [run({ code: -1, signal: "KILL", oomKills: 1 }), "ended by its memory limit of 64 MiB (out of memory) after 1.5 s"],
    [
      run({ code: 2, oomKills: 1, lastOutput: "worker died" }),
      "exited with code 2 after 1.5 s (its memory limit of 64 MiB ended one of its processes): worker died",
    ],
  ])("%j", (ended, words) => {
    expect(describeRun(ended)).toBe(words);
  });

  it("tells the limit only when the run itself was ended by it", () => {
    expect(endedByMemoryLimit(run({ code: 137, oomKills: 1 }))).toBe(true);
    expect(endedByMemoryLimit(run({ code: -1, signal: "KILL" }))).toBe(false);
    expect(endedByMemoryLimit(run({ code: 1, oomKills: 1 }))).toBe(false);
  });

  it.each([
    [350, "350 ms"],
    [3_250, "3.3 s"],
    [240_000, "4 min"],
    [10_800_000, "3 h"],
  ])("%i ms is %s", (ms, words) => {
    expect(durationInWords(ms)).toBe(words);
  });
});

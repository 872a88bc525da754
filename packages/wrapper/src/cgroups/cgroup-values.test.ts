import { describe, expect, it } from "vitest";
import { bytesInWords, cfsQuota, cpuMax, cpuShares, cpuWeight, keyedNumber } from "./cgroup-values.ts";

const resources = (cpuMillis: number, quota: boolean) => ({ cpuMillis, memoryBytes: 0, cfsQuota: quota });

describe("cgroup values", () => {
  it.each([
    [0, 1_024, 39],
    [1, 2, 1],
    [100, 102, 4],
    [250, 256, 10],
    [1_000, 1_024, 39],
    [4_000, 4_096, 157],
    [10_000_000, 262_144, 10_000],
  ])("%i thousandths of a CPU: %i shares, weight %i", (millis, shares, weight) => {
    expect(cpuShares(millis)).toBe(shares);
    expect(cpuWeight(millis)).toBe(weight);
  });

  it.each([
    [1_000, false, undefined, "max 100000"],
    [0, true, undefined, "max 100000"],
    [250, true, 25_000, "25000 100000"],
    [2_500, true, 250_000, "250000 100000"],
    [1, true, 1_000, "1000 100000"],
  ])("%i thousandths, quota %s", (millis, quota, microseconds, max) => {
    expect(cfsQuota(resources(millis, quota))).toBe(microseconds);
    expect(cpuMax(resources(millis, quota))).toBe(max);
  });

  it.each([
    [0, "0 bytes"],
    [1_536, "1.5 KiB"],
    [64 * 1024 * 1024, "64 MiB"],
    [3 * 1024 ** 4, "3 TiB"],
  ])("%i is %s", (bytes, words) => {
    expect(bytesInWords(bytes)).toBe(words);
  });

  it("reads keyed files", () => {
    expect(keyedNumber("oom_kill_disable 0\nunder_oom 0\noom_kill 3", "oom_kill")).toBe(3);
    expect(keyedNumber("", "oom_kill")).toBe(0);
  });
});

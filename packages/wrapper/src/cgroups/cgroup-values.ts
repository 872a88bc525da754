// From a process's resources to what is written into its cgroup. Pure. Facts: kernel documentation, admin-guide cgroup-v1
// (cpu, memory) and cgroup-v2; the ranges of cpu.shares are MIN_SHARES 2 and MAX_SHARES 262144 of the kernel's scheduler.
import type { Resources } from "@cke/protocol";

export const cfsPeriodMicroseconds = 100_000;
const minimumShares = 2;
const maximumShares = 262_144;
/** The kernel refuses quotas below 1 ms. */
const minimumQuotaMicroseconds = 1_000;
const defaultShares = 1_024;

export const noLimits: Resources = { cpuMillis: 0, memoryBytes: 0, cfsQuota: false };

/** cpu.shares of cgroup v1: 1000 thousandths of a CPU are 1024 shares; none asked: the kernel's default. */
export function cpuShares(cpuMillis: number): number {
  if (cpuMillis === 0) return defaultShares;
  return Math.min(maximumShares, Math.max(minimumShares, Math.round((cpuMillis * 1_024) / 1_000)));
}

/** cpu.weight of cgroup v2 (1..10000) by the OCI runtimes' conversion, so that processes and pods of the same request weigh the same. */
export function cpuWeight(cpuMillis: number): number {
  const shares = cpuShares(cpuMillis);
  return Math.floor(1 + ((shares - minimumShares) * 9_999) / (maximumShares - minimumShares));
}

/** Microseconds of CPU per period of 100 ms; undefined without a quota. */
export function cfsQuota(resources: Resources): number | undefined {
  if (!resources.cfsQuota || resources.cpuMillis === 0) return undefined;
  return Math.max(minimumQuotaMicroseconds, Math.round((resources.cpuMillis * cfsPeriodMicroseconds) / 1_000));
}

/** cpu.max of cgroup v2. */
export function cpuMax(resources: Resources): string {
  return `${cfsQuota(resources) ?? "max"} ${cfsPeriodMicroseconds}`;
}

/** Bytes in words, binary units: "64 MiB". */
export function bytesInWords(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Value of a "key number" line of files like memory.events and memory.oom_control; 0 when it is not there. */
export function keyedNumber(text: string, key: string): number {
  for (const line of text.split("\n")) {
    const [name, value] = line.split(" ");
    if (name === key) return Number(value) || 0;
  }
  return 0;
}

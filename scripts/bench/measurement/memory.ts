// Memory of a process as the kernel accounts it.
import { readFileSync } from "node:fs";

export interface Memory {
  readonly residentMb: number;
  /** Private dirty pages: what this process alone costs; file pages of the executable are shared. */
  readonly privateDirtyMb: number;
}

/** Sums /proc/PID/smaps_rollup. Throws when the process is gone. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) / 1024;
  return { residentMb: field("Rss"), privateDirtyMb: field("Private_Dirty") };
}

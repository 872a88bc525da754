// Memory of a process as the kernel accounts it.
import { readFileSync } from "node:fs";

export interface Memory {
  readonly residentMb: number;
  /**
   * Private dirty pages: the memory that this process alone costs. Other processes share the pages of the executable's
   * file.
   */
  readonly privateDirtyMb: number;
}

/** Sums /proc/PID/smaps_rollup. Throws when the process is gone. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN) / 1024;
  return { residentMb: field("Rss"), privateDirtyMb: field("Private_Dirty") };
}

// Whether there is room for what is about to be written.
import { statfs } from "node:fs/promises";
import { CkeError } from "@cke/foundation";

/** Bytes that stay free on a file system whatever is fetched or copied onto it, for guests that run there. */
export const reserveBytes = 256 * 2 ** 20;

/** Bytes that an ordinary process may still write there. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

/** "1.2 GB": decimal units, as sizes of downloads are given. */
export function describeBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let value = bytes;
  for (const unit of units) {
    if (value < 999.5 || unit === "TB")
      return `${value < 9.95 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1_000;
  }
  return `${bytes} B`;
}

export interface Room {
  /** What is about to be written, in words. */
  readonly what: string;
  readonly needed: number;
  readonly free: number;
  readonly directory: string;
}

/** undefined when it fits and the reserve stays; else an error that says how much is missing. Pure. */
export function lacksRoom({ what, needed, free, directory }: Room): CkeError | undefined {
  const missing = needed + reserveBytes - free;
  if (missing <= 0) return undefined;
  const sizes = `it needs ${describeBytes(needed)} beside ${describeBytes(reserveBytes)} that stay free`;
  const words = `${what}: no room in ${directory}: ${sizes}, and ${describeBytes(free)} are free: ${describeBytes(missing)} are missing`;
  return new CkeError("disk_full", words, { retryable: true });
}

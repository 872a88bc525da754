// What a disk has now, without opening it as an emulator does: it may be in use.
import { open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { headerBytes, readImageHeader } from "../images/image-header.ts";
import type { DiskFacts, PreparedDisk } from "../ports/disks.ts";
import { isMissing } from "../storage/file-errors.ts";
import { describeBytes } from "../storage/free-space.ts";
import { mebibyte, mebibytes } from "./disk-size.ts";

/** So little is left on the storage that an operator should know. */
export interface Scarcity {
  readonly bytes: number;
  readonly part: number;
}

export const scarcity: Scarcity = { bytes: 2 ** 30, part: 0.05 };

/** Never rejects for a disk that is gone: that is its problem. */
export async function diskFacts({ path, sizeMib, format }: PreparedDisk, scarce = scarcity): Promise<DiskFacts> {
  if (path === "") return { sizeMib: 0, allocatedMib: 0, problem: "" };
  try {
    const file = await open(path, "r");
    try {
      const facts = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
      const header = readImageHeader(buffer.subarray(0, bytesRead));
      const bytes = !facts.isFile()
        ? sizeMib * mebibyte
        : format === "qcow2" && header.kind === "qcow2"
          ? header.virtualBytes
          : facts.size;
      const allocatedMib = mebibytes(facts.isFile() ? facts.blocks * 512 : bytes);
      const problem = facts.isFile()
        ? await roomProblem(dirname(path), Math.max(0, bytes - facts.blocks * 512), scarce)
        : "";
      return { sizeMib: mebibytes(bytes), allocatedMib, problem };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { sizeMib, allocatedMib: 0, problem: `${path} is gone` };
  }
}

/** Words when the storage is nearly full and the disk could still grow. */
async function roomProblem(directory: string, mayGrow: number, { bytes, part }: Scarcity): Promise<string> {
  const { bavail, blocks, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (mayGrow === 0 || mayGrow <= free || free >= bytes || free >= blocks * bsize * part) return "";
  return `${describeBytes(free)} are free on the storage of ${directory}: a guest that writes more is paused until there is room`;
}

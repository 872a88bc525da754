// How large a disk is to be. Pure.
import { CkeError } from "@cke/foundation";
import type { VmDisk } from "@cke/protocol";
import type { DiskFormat } from "../qemu-img/qemu-img.ts";

export const mebibyte = 2 ** 20;

/** A part of a MiB counts as one. */
export const mebibytes = (bytes: number) => Math.ceil(bytes / mebibyte);

/** Bytes of a new disk; `imageBytes`: of its image as a guest sees it, undefined when it has none. Throws CkeError disk_size. */
export function newDiskBytes(disk: VmDisk, imageBytes: number | undefined): number {
  if (imageBytes === undefined) {
    if (disk.sizeMib > 0) return disk.sizeMib * mebibyte;
    throw new CkeError("disk_size", `disk ${disk.name}: it has no image, so it needs a size of at least 1 MiB`);
  }
  if (disk.sizeMib === 0) return imageBytes;
  const bytes = disk.sizeMib * mebibyte;
  if (bytes >= imageBytes) return bytes;
  const words = `its image has ${mebibytes(imageBytes)} MiB, and its size is ${disk.sizeMib} MiB`;
  throw new CkeError(
    "disk_size",
    `disk ${disk.name}: ${words}; give at least ${mebibytes(imageBytes)} MiB, or no size`,
  );
}

/** Bytes that an existing disk grows to; undefined when it stays. Disks never shrink. */
export function grownBytes(disk: VmDisk, presentBytes: number): number | undefined {
  const wanted = disk.sizeMib * mebibyte;
  return wanted > presentBytes ? wanted : undefined;
}

/** Words about a size that an existing disk does not get; empty when it has it. */
export function keptSize(disk: VmDisk, presentBytes: number): string {
  if (disk.sizeMib === 0 || disk.sizeMib >= mebibytes(presentBytes)) return "";
  return `disk ${disk.name} keeps its ${mebibytes(presentBytes)} MiB: disks do not shrink to ${disk.sizeMib} MiB`;
}

/** Throws CkeError disk_format. */
export function formatOf(disk: VmDisk): DiskFormat {
  if (disk.format === "" || disk.format === "qcow2") return "qcow2";
  if (disk.format === "raw") return "raw";
  throw new CkeError("disk_format", `disk ${disk.name}: its format is ${disk.format}; allowed: qcow2, raw`);
}

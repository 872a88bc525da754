// A disk that is there already, before a guest is started on it: is it free, is it whole, is it as large as it is to be.
import { stat } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmDisk } from "@cke/protocol";
import type { PreparedDisk } from "../ports/disks.ts";
import type { PortWork } from "../ports/vm-place.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import type { ImageInfo } from "../qemu-img/qemu-img-answers.ts";
import { isMissing } from "../storage/file-errors.ts";
import { grownBytes, keptSize, mebibytes } from "./disk-size.ts";

export interface Present {
  readonly disk: VmDisk;
  /** Where it is, and its format. */
  readonly place: PreparedDisk;
  /** It may be written to: nothing else may use it, and it is grown where it is smaller than asked for. */
  readonly grow: boolean;
  /** Throws when it must not be used for what its header names; before it is changed. Default: its base must be there. */
  readonly checkNamed?: (info: ImageInfo) => Promise<void>;
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Throws CkeError: disk_missing, disk_busy, image_format, … */
export async function presentDisk(
  qemuImg: QemuImg,
  { disk, grow, place, checkNamed = (info) => mustHaveBase(disk, place.path, info) }: Present,
  work: PortWork,
): Promise<PreparedDisk> {
  const { format, path } = place;
  // A guest that writes to it has a lock on it, so that it cannot be asked about without force.
  const info = await qemuImg.info(path, format, { signal: work.signal, shared: disk.readOnly });
  if (info.corrupt) {
    const remedy = `copy it, then repair it: qemu-img check -r all ${path}`;
    throw new CkeError("disk_corrupt", `disk ${disk.name}: ${path} is marked as corrupt; ${remedy}`);
  }
  await checkNamed(info);
  const kept = keptSize(disk, info.virtualBytes);
  if (kept !== "") work.warn(kept);
  const bytes = grownBytes(disk, info.virtualBytes);
  if (bytes === undefined || !grow || disk.readOnly) return { ...place, sizeMib: mebibytes(info.virtualBytes) };
  if (!(await stat(path)).isFile()) {
    work.warn(
      `disk ${disk.name} keeps its ${mebibytes(info.virtualBytes)} MiB: ${path} is a device, which only its host can grow`,
    );
    return { ...place, sizeMib: mebibytes(info.virtualBytes) };
  }
  work.progress("disks", `growing disk ${disk.name} to ${disk.sizeMib} MiB`);
  await qemuImg.grow(path, format, bytes, work.signal);
  return { ...place, sizeMib: mebibytes(bytes) };
}

async function mustHaveBase(disk: VmDisk, path: string, { backing }: ImageInfo): Promise<void> {
  if (backing === undefined || /^[a-z]+:/.test(backing)) return;
  const base = isAbsolute(backing) ? backing : join(dirname(path), backing);
  if (await exists(base)) return;
  const words = `${base}, of which disk ${disk.name} only has what differs, is gone; bring it back from a backup, or remove the disk`;
  throw new CkeError("disk_missing", words);
}

// Where the files of a VM's disks are. Pure.
import { isAbsolute, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmDisk } from "@cke/protocol";
import type { PreparedDisk } from "../ports/disks.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { DiskFormat } from "../qemu-img/qemu-img.ts";
import { formatOf } from "./disk-size.ts";

/** Everything of the VM's disks is in there, and nothing else. */
export const disksDirectory = (place: VmPlace) => join(place.directory, "disks");
export const disksLock = (place: VmPlace) => join(place.directory, "disks.lock");

/** A name becomes a part of a file's name. Throws CkeError disk_name. */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) return name;
  const words = "a disk's name must be 1 to 63 letters, digits, '_', '.' or '-', and begin with a letter or a digit";
  throw new CkeError("disk_name", `${words}; it is ${JSON.stringify(name.slice(0, 80))}`);
}

export const madeDisk = (place: VmPlace, name: string, format: DiskFormat) =>
  join(disksDirectory(place), `disk-${checkedName(name)}.${format}`);
export const discOf = (place: VmPlace, name: string) => join(disksDirectory(place), `disc-${checkedName(name)}`);
/** Name of an image that disks of the VM are overlays of. */
export const baseName = (sha256: string) => `image-${sha256}`;
export const bootFile = (place: VmPlace, name: "kernel" | "initrd") => join(disksDirectory(place), `boot-${name}`);

export const isCdrom = (disk: VmDisk) => disk.role === "cdrom";

/** The path of its own that a disk has. Throws CkeError disk_path. */
export function ownPath(disk: VmDisk): string {
  if (isAbsolute(disk.path) && !disk.path.includes("\0")) return disk.path;
  throw new CkeError("disk_path", `disk ${disk.name}: its path must be absolute`);
}

/** Where a disk is, whether or not it is there. Its size is what is asked for. */
export function locateDisk(disk: VmDisk, place: VmPlace): PreparedDisk {
  const { name, sizeMib } = disk;
  if (isCdrom(disk)) {
    const path = disk.path !== "" ? ownPath(disk) : disk.image === undefined ? "" : discOf(place, name);
    return { name, path, format: "raw", sizeMib };
  }
  const format = formatOf(disk);
  return { name, path: disk.path === "" ? madeDisk(place, name, format) : ownPath(disk), format, sizeMib };
}

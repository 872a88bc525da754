// Places and copies of VMs for tests of clones.
import { join } from "node:path";
import { VmDisk, type VmDiskInit } from "@cke/protocol";
import type { DiskCopy } from "../../ports/disks.ts";
import type { VmPlace } from "../../ports/vm-place.ts";

export const diskOf = (fields: VmDiskInit) => VmDisk.create({ role: "data", format: "qcow2", ...fields });

export function placeOf(directory: string, uuid: string): VmPlace {
  const own = join(directory, "vms", uuid);
  return {
    vm: `vm-${uuid.slice(-4)}`,
    uuid,
    instance: `i-${uuid.slice(-4)}`,
    directory: own,
    runDirectory: `${own}/run`,
  };
}

/** All of these disks are qcow2 images. */
export function copyOf(
  source: VmPlace,
  snapshot: string,
  names: readonly string[],
  files: readonly string[] = [],
): DiskCopy {
  return { source, snapshot, formats: new Map(names.map((name) => [name, "qcow2"])), files };
}

// Which files of a host a disk of a VM may be: a guest reads and writes all of it, so that a path must lead to nothing else.
import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmPlace } from "../ports/vm-place.ts";
import { isMissing } from "../storage/file-errors.ts";
import { isBelow } from "../storage/path-below.ts";

/**
 * Throws CkeError disk_path for a path that leads, after all its links, to no file or block device below one of `allowed`, and to no block
 * device below /dev, or to the disks and images that CKE keeps of VMs. The path exists. `what`: whose path it is, in words.
 */
export async function checkDiskPlace(
  { what, path }: { readonly what: string; readonly path: string },
  allowed: readonly string[],
  { directory }: Pick<VmPlace, "directory">,
): Promise<void> {
  const real = await realpath(path);
  const refuse = (words: string) => {
    const leads = real === path ? path : `${path} leads to ${real}, which`;
    throw new CkeError("disk_path", `${what}: ${leads} ${words}`);
  };
  const facts = await stat(real);
  const isDevice = facts.isBlockDevice();
  if (isDevice && isBelow(real, "/dev")) return;
  if (!isDevice && !facts.isFile()) refuse("is neither a file nor a block device");
  const vms = dirname(directory);
  for (const own of [vms, join(dirname(vms), "images")])
    if (isBelow(real, (await realDirectory(own)) ?? own)) refuse("belongs to CKE: it is of a VM, or an image");
  const directories = await Promise.all(allowed.map(realDirectory));
  if (directories.some((one) => one !== undefined && isBelow(real, one))) return;
  const list = allowed.length === 0 ? "no directory" : allowed.join(", ");
  refuse(`is not below ${list}: put it there, or let the operator name its directory (-vm_disk_path)`);
}

/** Undefined for one that is not there. */
async function realDirectory(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

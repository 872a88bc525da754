// Which VM a disk with a path of its own belongs to: a file beside it, as hosts that share the storage see each other's files; of a block
// device, a file of this host. It guards against two VMs on one disk; two guests of one VM are kept apart by the lock that the emulator has
// on its disk. The file is read and written under its own lock (flock, which NFS 4 carries between hosts); an empty one claims nothing.
import { createHash } from "node:crypto";
import { mkdir, open, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import { isMissing } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";

const claimSchema = z.object({
  vm: z.string().max(256),
  uuid: z.string().max(64),
  /** Where its guest is, or was last. */
  host: z.string().max(256),
  /** As the VM names the disk; claims of files that were made before have none. */
  path: z.string().max(4_096).default(""),
});
export type DiskClaim = z.output<typeof claimSchema>;

/** Of a file. */
export const claimPath = (disk: string) => join(dirname(disk), `.${basename(disk)}.cke-claim`);

/** Of a block device: beside the directories of VMs, by what its path leads to. */
export const deviceClaimPath = (device: string, { directory }: Pick<VmPlace, "directory">) => {
  const name = `${basename(device)}-${createHash("sha256").update(device).digest("hex").slice(0, 16)}`;
  return join(dirname(dirname(directory)), "device-claims", name);
};

async function pathOfClaim(disk: string, place: VmPlace): Promise<string> {
  return (await isDevice(disk)) ? deviceClaimPath(await realpath(disk), place) : claimPath(disk);
}

/** False for what is not there. */
export async function isDevice(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isBlockDevice();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Throws CkeError disk_busy when another VM has claimed it, and lock_failed where the storage takes no locks. `host`: of this executor,
 * for an operator to read.
 */
export async function claimDisk(disk: string, place: VmPlace, host: string, signal: AbortSignal): Promise<void> {
  const { uuid, vm } = place;
  const path = await pathOfClaim(disk, place);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = await HostLock.acquire(path, { signal });
  try {
    const found = await readClaim(path);
    if (found !== "none" && (found === "unreadable" || (found.uuid !== uuid && (await stillMeant(found, disk))))) {
      const owner =
        found === "unreadable"
          ? "somebody whose claim is not readable"
          : `virtual machine ${found.vm} (${found.uuid}, ${found.host})`;
      const remedy = `if that does not exist any more, remove ${path}`;
      throw new CkeError("disk_busy", `the disk ${disk} belongs to ${owner}; ${remedy}`, { retryable: true });
    }
    const claim: DiskClaim = { vm, uuid, host, path: disk };
    // In place: who waits for the lock has this very file.
    const file = await open(path, "r+");
    try {
      await file.truncate();
      await file.writeFile(JSON.stringify(claim));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await lock.release();
  }
}

/** Removes the claim when it is this VM's, and its guest has not moved to another host. */
export async function releaseDisk(disk: string, place: VmPlace, host: string): Promise<void> {
  const path = await pathOfClaim(disk, place);
  if ((await readClaim(path)) === "none") return;
  const lock = await HostLock.acquire(path, { signal: new AbortController().signal });
  const found = await readClaim(path);
  const ours = typeof found !== "string" && found.uuid === place.uuid && found.host === host;
  await lock.release({ remove: ours || found === "none" });
}

/** A name that led to this device before a restart of the host may lead to another one now. */
async function stillMeant({ path }: DiskClaim, disk: string): Promise<boolean> {
  if (path === "" || !(await isDevice(disk))) return true;
  const meant = await realpath(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return undefined;
  });
  return meant === (await realpath(disk));
}

async function readClaim(path: string): Promise<DiskClaim | "none" | "unreadable"> {
  try {
    const text = (await readFile(path, "utf8")).replaceAll("\0", "").trim();
    if (text === "") return "none";
    return claimSchema.safeParse(JSON.parse(text)).data ?? "unreadable";
  } catch (error) {
    if (isMissing(error)) return "none";
    if (error instanceof SyntaxError) return "unreadable";
    throw error;
  }
}

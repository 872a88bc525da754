// Which VM a disk with a path of its own belongs to: a file beside it, as hosts that share the storage see each other's files; of a block
// device, a file of this host. It guards against two VMs on one disk; two guests of one VM are kept apart by the lock that the emulator has
// on its disk. The file is read and written under its own lock (flock, which NFS 4 carries between hosts); an empty one claims nothing.
import { createHash } from "node:crypto";
import { access, constants, mkdir, open, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import { isMissing } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";

const holder = {
  vm: z.string().max(256),
  uuid: z.string().max(64),
  /** Where its guest is, or was last. */
  host: z.string().max(256),
} as const;
const claimSchema = z.object({
  /** Whose it is; "" when it only has readers. */
  ...holder,
  /** As the VM names the disk; claims of files that were made before have none. */
  path: z.string().max(4_096).default(""),
  /** VMs that have a disk on top of it. With some, nobody writes to it. */
  readers: z.array(z.object(holder)).max(10_000).default([]),
  /** Of the last move of its guest: the old host has written it, so that the new one can say that it reads this file and no copy. */
  proof: z.string().max(100).default(""),
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
 * Throws CkeError disk_busy when another VM has claimed it, or has a disk on top of it, and lock_failed where the storage takes no
 * locks. `host`: of this executor, for an operator to read.
 */
export async function claimDisk(disk: string, place: VmPlace, host: string, signal: AbortSignal): Promise<void> {
  const { uuid, vm } = place;
  await claim(disk, place, signal, (found, refuse) => {
    const reader = found.readers.find((one) => one.uuid !== uuid);
    if (reader !== undefined) refuse(`is the base of a disk of ${named(reader)}`);
    return { ...found, vm, uuid, host };
  });
}

/** Claims it as `claimDisk`, with something new that only who sees this file can read. False for a block device, whose claim other hosts do not read. */
export async function proveDisk(
  disk: string,
  place: VmPlace,
  { host, proof }: { readonly host: string; readonly proof: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (await isDevice(disk)) return false;
  const { uuid, vm } = place;
  await claim(disk, place, signal, (found) => ({ ...found, vm, uuid, host, proof }));
  return true;
}

/** What the VM's claim says; "" when the claim that this host reads is not the VM's. */
export async function readProof(disk: string, { uuid }: Pick<VmPlace, "uuid">): Promise<string> {
  const found = await readClaim(claimPath(disk));
  return typeof found === "object" && found.uuid === uuid ? found.proof : "";
}

/** True when the claim that this host reads is the VM's, and for a block device, whose claim other hosts do not read. */
export async function isClaimedBy(disk: string, { uuid }: Pick<VmPlace, "uuid">): Promise<boolean> {
  if (await isDevice(disk)) return true;
  const found = await readClaim(claimPath(disk));
  return typeof found === "object" && found.uuid === uuid;
}

/**
 * A base of a disk of this VM, which it only reads, as other VMs may: none of them writes to it then. Throws as `claimDisk`. Where nothing
 * can be written beside it, nobody writes to the base either, and nothing is claimed.
 */
export async function claimBase(base: string, place: VmPlace, host: string, signal: AbortSignal): Promise<void> {
  const { uuid, vm } = place;
  if (!(await isWritable(dirname(await pathOfClaim(base, place))))) return;
  await claim(base, place, signal, (found) => ({
    ...found,
    readers: [...found.readers.filter((one) => one.uuid !== uuid), { vm, uuid, host }],
  }));
}

/** Removes what is this VM's of the claim, unless its guest has moved to another host. */
export async function releaseDisk(disk: string, place: VmPlace, host: string): Promise<void> {
  const path = await pathOfClaim(disk, place);
  if ((await readClaim(path)) === "none") return;
  const lock = await HostLock.acquire(path, { signal: new AbortController().signal });
  let empty = false;
  try {
    const found = await readClaim(path);
    const ours = (one: Pick<DiskClaim, "uuid" | "host">) => one.uuid === place.uuid && one.host === host;
    if (found === "unreadable") return;
    const before = found === "none" ? nobody : found;
    const readers = before.readers.filter((one) => !ours(one));
    const left = { ...before, ...(ours(before) ? { vm: "", uuid: "", host: "" } : {}), readers };
    empty = left.uuid === "" && readers.length === 0;
    if (!empty && JSON.stringify(left) !== JSON.stringify(before)) await writeClaim(path, left);
  } finally {
    await lock.release({ remove: empty });
  }
}

const nobody: DiskClaim = { vm: "", uuid: "", host: "", path: "", readers: [], proof: "" };
const named = ({ vm, uuid, host }: Pick<DiskClaim, "vm" | "uuid" | "host">) =>
  `virtual machine ${vm} (${uuid}, ${host})`;

/** Changes the claim under its lock, unless it is another VM's. */
async function claim(
  disk: string,
  place: VmPlace,
  signal: AbortSignal,
  change: (found: DiskClaim, refuse: (words: string) => never) => DiskClaim,
): Promise<void> {
  const path = await pathOfClaim(disk, place);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = await HostLock.acquire(path, { signal });
  try {
    const refuse = (words: string) => {
      const remedy = `if that does not exist any more, remove ${path}`;
      throw new CkeError("disk_busy", `the disk ${disk} ${words}; ${remedy}`, { retryable: true });
    };
    const found = await readClaim(path);
    if (found === "unreadable") return refuse("belongs to somebody whose claim is not readable");
    const meant = found === "none" || !(await stillMeant(found, disk)) ? nobody : found;
    if (meant.uuid !== "" && meant.uuid !== place.uuid) refuse(`belongs to ${named(meant)}`);
    await writeClaim(path, { ...change(meant, refuse), path: disk });
  } finally {
    await lock.release();
  }
}

/** In place: who waits for the lock has this very file. */
async function writeClaim(path: string, written: DiskClaim): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate();
    await file.writeFile(JSON.stringify(written));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isWritable(directory: string): Promise<boolean> {
  return await access(directory, constants.W_OK).then(
    () => true,
    (error: unknown) => isMissing(error),
  );
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

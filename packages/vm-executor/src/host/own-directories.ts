// The directories of one VM on this host: made with the labels that say whose they are, removed with those last.
import { chmod, chown, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import { directoryProblem, type FoundDirectory, ownerOf } from "../adoption/ownership.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { codeOf, isMissing } from "../storage/file-errors.ts";
import type { HostAbilities } from "./host-abilities.ts";
import { ownerLockFile } from "./owner-lock.ts";
import { identityFile, readIdentity } from "./vm-directories.ts";
import type { VmIdentity } from "./vm-host.ts";

/** In a run directory: the label cke.instance of its VM. */
const instanceFile = "instance";

export async function findDirectory({ directory }: VmPlace): Promise<FoundDirectory> {
  const identity = await readIdentity(directory);
  if (identity !== undefined) return { kind: "labelled", labels: identity.labels };
  const names = await namesIn(directory);
  // What a launch that was killed at its very beginning has left.
  const begun = (name: string) => name.startsWith(identityFile) || name.startsWith(ownerLockFile);
  return names.every(begun) && !names.includes(identityFile) ? { kind: "none" } : { kind: "unlabelled" };
}

export async function makeDirectories(place: VmPlace, identity: VmIdentity): Promise<void> {
  const { directory } = place;
  const problem = directoryProblem(ownerOf(identity.labels), directory, await findDirectory(place));
  if (problem !== undefined) throw new CkeError("directory_foreign", problem);
  await mkdir(directory, { recursive: true, mode: 0o711 });
  // QEMU's own user has to get through it to its disks; what is in it is protected file by file.
  await chmod(directory, 0o711);
  const path = join(directory, identityFile);
  await writeFile(`${path}.new`, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function makeRunDirectory(
  { runDirectory, instance }: VmPlace,
  owner: HostAbilities["qemuOwner"],
): Promise<void> {
  await mkdir(runDirectory, { recursive: true, mode: 0o711 });
  await chmod(runDirectory, 0o711);
  await writeFile(join(runDirectory, instanceFile), instance, { mode: 0o600 });
  if (owner !== undefined) await chown(runDirectory, owner.uid, owner.gid);
}

/** One of another instance is left alone, and so is what does not say whose it is, unless it is empty. */
export async function removeRunDirectory({ runDirectory, instance }: VmPlace): Promise<void> {
  const label = await readFile(join(runDirectory, instanceFile), "utf8").catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return undefined;
  });
  if (label === instance) await removeDirectoryOf(runDirectory, instanceFile);
  else if (label === undefined) await removeEmpty(runDirectory);
}

export async function removeDirectory({ directory }: VmPlace): Promise<void> {
  await removeDirectoryOf(directory, identityFile);
}

/** `label` goes last, so that a removal that is killed in the middle can be finished. */
async function removeDirectoryOf(directory: string, label: string): Promise<void> {
  for (const name of await namesIn(directory))
    if (name !== label) await rm(join(directory, name), { recursive: true, force: true });
  await rm(join(directory, label), { force: true });
  await removeEmpty(directory);
}

async function removeEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((error: unknown) => {
    if (!isMissing(error) && codeOf(error) !== "ENOTEMPTY") throw error;
  });
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return [];
  });
}

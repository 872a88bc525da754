// Whether a VM's disks fit on the host that they are to go to. It is asked while the guest still runs, so that nothing is shut down in vain.
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { VmPlace } from "../ports/vm-place.ts";
import { isMissing, storageError } from "../storage/file-errors.ts";
import { freeBytes, lacksRoom } from "../storage/free-space.ts";
import { manifestOf } from "./disk-giver.ts";

/** Bytes that the files of the VM take on this host. A guest that runs may write more of them. */
export async function takenBytes(place: VmPlace): Promise<number> {
  try {
    const { files } = await manifestOf(place);
    return files.reduce((sum, { allocated }) => sum + allocated, 0);
  } catch (error) {
    // It has no directory of disks when it has none of its own.
    if (isMissing(error)) return 0;
    throw storageError(error, `the disks of ${place.vm}`, place.directory);
  }
}

/** Throws CkeError `disk_full` when so many bytes have no room where the VM's disks are to be. */
export async function checkRoom(place: VmPlace, needed: number): Promise<void> {
  const directory = await present(place.directory);
  const lack = lacksRoom({ what: `the disks of ${place.vm}`, needed, free: await freeBytes(directory), directory });
  if (lack !== undefined) throw lack;
}

/** The directory, or the nearest one above it that is there. */
async function present(directory: string): Promise<string> {
  try {
    await stat(directory);
    return directory;
  } catch (error) {
    if (!isMissing(error) || dirname(directory) === directory) throw error;
    return await present(dirname(directory));
  }
}

// The host of this process.
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@cke/foundation";
import type { VmPlace } from "../ports/vm-place.ts";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { finishRevert, forgetRevert, type RevertParts, revertDisks } from "../revert/disk-revert.ts";
import { flush, writeDurably } from "../storage/durable-file.ts";
import { isMissing } from "../storage/file-errors.ts";
import { findGuest, kernelLog, killedForMemory, killGuest } from "./guest-process.ts";
import { checkTpm, findFirmware, lookAtHost } from "./host-abilities.ts";
import {
  findDirectory,
  makeDirectories,
  makeRunDirectory,
  removeDirectory,
  removeRunDirectory,
} from "./own-directories.ts";
import { OwnerLock } from "./owner-lock.ts";
import type { MoveNote, VmHost } from "./vm-host.ts";

/** It is there since the first start of a guest. */
const startedFile = "started";
/** Another executor of the same VM is being ended by its agent meanwhile. */
const lockPatienceMs = 120_000;

export function localVmHost(clock: Clock): VmHost {
  return {
    abilities: lookAtHost,
    firmware: findFirmware,
    checkTpm,
    wasStarted,
    markStarted: async ({ directory }) => {
      const path = join(directory, startedFile);
      await writeFile(path, "", { mode: 0o600 });
      await flush(path);
      await flush(directory);
    },
    readNote: async (place, note) => {
      try {
        return (await readFile(notePath(place, note), "utf8")).slice(0, 10_000);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    writeNote: async (place, note, text) => {
      if (text !== undefined) return await writeDurably(notePath(place, note), text, 0o600);
      await rm(notePath(place, note), { force: true });
      await flush(place.directory);
    },
    bootId: async () => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim(),
    makeDirectories,
    makeRunDirectory,
    directory: findDirectory,
    removeRunDirectory,
    removeDirectories: async (place) => {
      await removeRunDirectory(place);
      await removeDirectory(place);
    },
    lock: async ({ directory }, executorId, onWait, signal) =>
      await OwnerLock.take({ directory, executorId, clock }, lockPatienceMs, onWait, signal),
    guestProcess: findGuest,
    killGuest: async (uuid) => await killGuest(uuid, clock),
    revertDisks: async (place, paths, snapshot) => await revertDisks(paths, snapshot, revertParts(place, clock)),
    finishRevert: async (place) => await finishRevert(revertParts(place, clock)),
    forgetRevert: async (place) => await forgetRevert(journalOf(place)),
    ranOutOfMemory: async (pid) => killedForMemory(await kernelLog(), pid),
  };
}

const notePath = ({ directory }: VmPlace, note: MoveNote) => join(directory, `${note}.json`);
const journalOf = ({ directory }: VmPlace) => join(directory, "revert.json");

/** It is never given up in the middle. */
const revertParts = (place: VmPlace, clock: Clock): RevertParts => ({
  clock,
  qemuImg: new QemuImg(),
  journal: journalOf(place),
  signal: new AbortController().signal,
});

/** A file that cannot be looked at says nothing: taken for "never started", it would cost the data of a guest that runs. */
async function wasStarted({ directory }: VmPlace): Promise<boolean> {
  try {
    await stat(join(directory, startedFile));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

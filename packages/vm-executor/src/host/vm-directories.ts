// Where virtual machines have their directories on a host. Pure, but for reading what stands in one.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmTask } from "@cke/protocol";
import { z } from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import type { VmIdentity } from "./vm-host.ts";

export const identityFile = "vm.json";

export interface VmDirectories {
  /** Images and the data of VMs. */
  readonly data: string;
  /** CKE_RUN_DIR: sockets. */
  readonly run: string;
}

/** The executor's own settings; `data` is CKE_VM_DIR, "" when it is not set. */
export type DirectorySettings = VmDirectories;

const defaultData = "/var/lib/cke";

/** `dataPath`: what the scheduler says (-vm_data_path); "" for nothing. Throws CkeError `directories`. */
export function directoriesFor({ data, run }: DirectorySettings, dataPath: string): VmDirectories {
  const directories = { data: data || dataPath || defaultData, run };
  checkDirectories(directories);
  return directories;
}

export const imageDirectory = ({ data }: VmDirectories): string => join(data, "images");
export const dataDirectories = ({ data }: VmDirectories): string => join(data, "vms");

export function placeOf(
  { vm, uuid, instance }: Pick<VmTask, "vm" | "uuid" | "instance">,
  directories: VmDirectories,
): VmPlace {
  return {
    vm,
    uuid,
    instance,
    directory: join(dataDirectories(directories), uuid),
    runDirectory: join(directories.run, "vm", uuid),
  };
}

/** Paths of UNIX sockets have at most 107 bytes; the longest name below a run directory has 12. */
function checkDirectories({ data, run }: VmDirectories): void {
  const refuse = (name: string, path: string, need: string) => {
    throw new CkeError("directories", `${name} is ${JSON.stringify(path.slice(0, 200))}: ${need}`);
  };
  if (!data.startsWith("/")) refuse("CKE_VM_DIR (or -vm_data_path)", data, "an absolute path is needed");
  if (!run.startsWith("/")) refuse("CKE_RUN_DIR", run, "an absolute path is needed");
  if (Buffer.byteLength(run) > 50) refuse("CKE_RUN_DIR", run, "at most 50 bytes are allowed, for the sockets below it");
}

const Identity = z.object({
  uuid: z.string().max(64),
  name: z.string().max(256),
  labels: z.record(z.string(), z.string()),
});

/** What made this directory; undefined when it is not one of a VM. */
export async function readIdentity(directory: string): Promise<VmIdentity | undefined> {
  try {
    return Identity.parse(JSON.parse((await readFile(join(directory, identityFile), "utf8")).slice(0, 100_000)));
  } catch {
    return undefined;
  }
}

// Whose disks these are and what they were made of, in a file beside them.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import { writeDurably } from "../storage/durable-file.ts";
import { isMissing } from "../storage/file-errors.ts";
import { disksDirectory } from "./disk-files.ts";

const recordSchema = z
  .object({
    vm: z.string(),
    uuid: z.string(),
    instance: z.string(),
    /** Images that were given to this VM, by what they are for: the name of a disk, "kernel:", "initrd:". */
    images: z.record(z.string(), z.object({ source: z.string(), sha256: z.string(), file: z.string() }).readonly()),
    /** Disks with a path of their own that this VM has claimed, by name, and their bases, by "name:path": paths. */
    claims: z.record(z.string(), z.string()),
  })
  .readonly();
export type DiskRecord = z.output<typeof recordSchema>;

export const recordFile = "record.json";
const recordPath = (place: VmPlace) => join(disksDirectory(place), recordFile);

/** undefined when there are no disks. Throws CkeError disk_busy when they are another VM's. */
export async function readDiskRecord(place: VmPlace): Promise<DiskRecord | undefined> {
  const path = recordPath(place);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const parsed = recordSchema.safeParse(readJson(text));
  if (!parsed.success)
    throw new CkeError("disk_record", `${path} is not readable: remove it if these are the disks of ${place.vm}`);
  const { uuid, vm } = parsed.data;
  if (uuid === place.uuid) return parsed.data;
  const words = `${disksDirectory(place)} has the disks of another virtual machine: ${vm} (${uuid})`;
  throw new CkeError("disk_busy", `${words}; nothing was changed`);
}

export async function writeDiskRecord(place: VmPlace, record: DiskRecord): Promise<void> {
  await writeDurably(recordPath(place), JSON.stringify(record), 0o600);
}

/** As `readDiskRecord`; an empty record when there is none. */
export async function recordOf(place: VmPlace): Promise<DiskRecord> {
  const { vm, uuid, instance } = place;
  return (await readDiskRecord(place)) ?? { vm, uuid, instance, images: {}, claims: {} };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

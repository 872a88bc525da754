// How far the files of a VM have come to this host, in a file beside them: what was flushed before is not asked for again.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import { writeDurably } from "../storage/durable-file.ts";
import { isMissing } from "../storage/file-errors.ts";

const progressSchema = z.object({
  /** Of the state of the disks that is being copied: `manifestSum`. */
  manifest: z.string(),
  /** Bytes of each file that are on storage. */
  files: z.record(z.string(), z.number()),
  /** Everything is there. */
  complete: z.boolean(),
});
export type TransferProgress = Readonly<z.output<typeof progressSchema>>;

const progressPath = ({ directory }: VmPlace) => join(directory, "transfer.json");

/** Undefined when nothing of this state has come, or when the file is not readable. */
export async function readProgress(place: VmPlace, manifest: string): Promise<TransferProgress | undefined> {
  try {
    const read = progressSchema.safeParse(JSON.parse(await readFile(progressPath(place), "utf8")));
    return read.data?.manifest === manifest ? read.data : undefined;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writeProgress(place: VmPlace, progress: TransferProgress): Promise<void> {
  await writeDurably(progressPath(place), JSON.stringify(progress), 0o600);
}

// What is under way with a VM's disks while they go back to a snapshot: a file that outlives the executor, so that the next one comes to
// an end with all disks, or with none.
import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { flush, writeDurably } from "../storage/durable-file.ts";
import { isMissing } from "../storage/file-errors.ts";

/**
 * `saving`: each disk gets a snapshot of what it is now. `reverting`: they go back, one after the other. `taking-back`: one could not, so
 * all become again what they were. `forgetting`: the snapshots of the first phase go.
 */
const phases = ["saving", "reverting", "taking-back", "forgetting"] as const;

const journalSchema = z.object({
  phase: z.enum(phases),
  snapshot: z.string().min(1).max(255),
  /** Absolute paths of qcow2 images. */
  disks: z.array(z.string().max(4_096)).min(1).max(64),
});
export type RevertJournal = Readonly<z.output<typeof journalSchema>>;

/** undefined: nothing is under way. Throws CkeError revert_unfinished for one that cannot be read. */
export async function readJournal(path: string): Promise<RevertJournal | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const parsed = journalSchema.safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  const words = `${path} says that disks were being put back to a snapshot, and cannot be read`;
  throw new CkeError("revert_unfinished", `${words}: look at the disks (qemu-img snapshot -l), then remove it`);
}

export async function writeJournal(path: string, journal: RevertJournal): Promise<void> {
  await writeDurably(path, JSON.stringify(journal), 0o600);
}

export async function removeJournal(path: string): Promise<void> {
  await rm(path, { force: true });
  await flush(dirname(path));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

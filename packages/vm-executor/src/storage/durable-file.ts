// Files that appear whole or not at all, also over a power cut: written beside their place, flushed, then renamed.
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Gives a file that is written already its name. What had the name before is replaced. */
export async function publishFile(written: string, path: string): Promise<void> {
  await flush(written);
  await rename(written, path);
  await flush(dirname(path));
}

/** Replaces the content of a file in one step. `mode` as of chmod, whatever the umask. */
export async function writeDurably(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, "wx", mode);
    try {
      await file.chmod(mode);
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    await publishFile(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Flushes a file, or the names of a directory. */
export async function flush(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

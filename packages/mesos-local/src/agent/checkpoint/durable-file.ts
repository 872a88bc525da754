// Files that survive a crash at any instruction: a file is either the old or the new one, an appended line is whole or
// absent, and the directory entry is on disk before the call returns.
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** mkdir -p whose new entries are on disk. */
export async function makeDirectoryDurably(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  const top = dirname(first);
  for (let current = dirname(directory); current.length >= top.length; current = dirname(current)) {
    await syncDirectory(current);
    if (current === dirname(current)) return;
  }
}

let temporaryNumber = 0;

/** Writes by temporary file, fsync and rename. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  await makeDirectoryDurably(directory);
  temporaryNumber += 1;
  const temporary = `${path}.${process.pid}-${temporaryNumber}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  await syncDirectory(directory);
}

/** Appends one line and syncs it. */
export async function appendDurably(path: string, line: string): Promise<void> {
  const handle = await open(path, "a", 0o600);
  try {
    const { size } = await handle.stat();
    await handle.appendFile(`${line}\n`);
    await handle.sync();
    if (size === 0) await syncDirectory(dirname(path));
  } finally {
    await handle.close();
  }
}

/** Whole lines of a file; the rest of a line that a crash cut off is dropped. Empty when there is no file. */
export async function readLines(path: string): Promise<string[]> {
  const text = await readIfPresent(path);
  return text === undefined ? [] : text.split("\n").slice(0, -1);
}

export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True for ENOENT and ENOTDIR. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

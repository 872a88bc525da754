// Lists the regular files of a directory, within a bound.
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntryInit, FilesResponseInit } from "@cke/protocol";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";

/** Most files of an answer: with the longest names that is less than a message may be. */
const maxFiles = 500;

/** By name. Throws WrapperError: not_found, permission_denied, or failed_precondition for what is not a directory. */
export async function listFiles(directory: string): Promise<FilesResponseInit> {
  const files: FileEntryInit[] = [];
  let more = false;
  try {
    for await (const entry of await opendir(directory)) {
      if (!entry.isFile()) continue;
      more = files.length === maxFiles;
      if (more) break;
      // A file may have been renamed or removed since.
      const found = await lstat(join(directory, entry.name)).catch(() => undefined);
      if (found === undefined) continue;
      files.push({ name: entry.name, size: found.size, modifiedAtMs: Math.floor(found.mtimeMs) });
    }
  } catch (cause) {
    const errno = errnoOf(cause);
    const code = errno === "ENOENT" ? "not_found" : errno === "EACCES" ? "permission_denied" : "failed_precondition";
    throw new WrapperError(code, `directory: cannot read ${directory}: ${errnoWordsOf(cause)}`, { cause });
  }
  const nameOf = ({ name = "" }: FileEntryInit) => name;
  return { files: files.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)), more };
}

// What a failed call of the file system means. Pure.
import { CkeError, messageOf } from "@cke/foundation";

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** The storage is full, or a quota is used up. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT" || /No space left on device|Disk quota exceeded/.test(messageOf(error));
}

/** The error of an operator's kind where the storage is full; else the same error. */
export function storageError(error: unknown, what: string, directory: string): unknown {
  if (error instanceof CkeError || !isFull(error)) return error;
  const words = `${what}: the file system of ${directory} is full; free space there, or give the executor another directory`;
  return new CkeError("disk_full", words, { cause: error, retryable: true });
}

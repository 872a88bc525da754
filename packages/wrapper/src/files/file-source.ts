// Reads a file from a position on, chunk by chunk, also while it is replaced, truncated or rotated by others or by the wrapper.
import { type FileHandle, open, stat } from "node:fs/promises";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";

export interface FileSource {
  /** Of the file when it was opened. */
  readonly size: number;
  /** UNIX time of the last change before it was opened. */
  readonly modifiedAtMs: number;
  /** The next bytes; none at the end. `offset` is where they are (or were) in the file. Throws WrapperError. */
  read(buffer: Uint8Array): Promise<{ readonly bytes: number; readonly offset: number }>;
  close(): Promise<void>;
}

/** Where reading begins. */
export interface FileStart {
  /** An offset beyond the end (or, with `fromEnd`, before the beginning) means that end. */
  readonly offset: number;
  /** The offset counts back from the end. */
  readonly fromEnd: boolean;
  /** Reading goes on with what is written later, also to a new file of that name. Otherwise it ends where the end was. */
  readonly follow: boolean;
}

/** Throws WrapperError: not_found, or failed_precondition for anything but a regular file. */
export async function openPlainSource(path: string, start: FileStart): Promise<FileSource> {
  const source = new PlainSource(path, start);
  await source.open();
  return source;
}

class PlainSource implements FileSource {
  size = 0;
  modifiedAtMs = 0;
  readonly #path: string;
  readonly #start: FileStart;
  #position = 0;
  /** Reading ends here. */
  #end = Number.POSITIVE_INFINITY;
  #file: FileHandle | undefined;
  #inode = 0;

  constructor(path: string, start: FileStart) {
    this.#path = path;
    this.#start = start;
  }

  async open(): Promise<void> {
    await this.#open();
    const { offset, fromEnd, follow } = this.#start;
    const { size } = this;
    if (fromEnd) this.#position = Math.max(0, size - offset);
    // Files in /proc have size 0 but do have content.
    else this.#position = size > 0 ? Math.min(offset, size) : offset;
    if (!follow && size > 0) this.#end = size;
  }

  async #open(): Promise<void> {
    try {
      const found = await stat(this.#path);
      if (!found.isFile()) throw new WrapperError("failed_precondition", `path: ${this.#path} is not a regular file`);
      this.#file = await open(this.#path, "r");
      // Of the opened file, which may have come in the place of the one that was looked at.
      const { ino, size, mtimeMs } = await this.#file.stat();
      this.#inode = ino;
      this.size = size;
      this.modifiedAtMs = Math.floor(mtimeMs);
    } catch (cause) {
      if (cause instanceof WrapperError) throw cause;
      const errno = errnoOf(cause);
      const code = errno === "ENOENT" ? "not_found" : errno === "EACCES" ? "permission_denied" : "failed_precondition";
      throw new WrapperError(code, `path: cannot read ${this.#path}: ${errnoWordsOf(cause)}`, { cause });
    }
  }

  async read(buffer: Uint8Array): Promise<{ readonly bytes: number; readonly offset: number }> {
    for (;;) {
      const offset = this.#position;
      const wanted = Math.min(buffer.length, this.#end - offset);
      const bytes = wanted === 0 ? 0 : ((await this.#file?.read(buffer, 0, wanted, offset))?.bytesRead ?? 0);
      this.#position += bytes;
      if (bytes > 0 || !this.#start.follow) return { bytes, offset };
      // After the end of a replaced file, the new file of that name follows, from its beginning.
      const next = await this.#successor();
      if (next === undefined) return { bytes, offset };
      // First read what was written to the old file before the new one was there.
      if (next === "another file" && ((await this.#file?.stat())?.size ?? 0) > this.#position) continue;
      if (next === "another file") {
        await this.close();
        await this.#open();
      }
      this.#position = 0;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #successor(): Promise<"another file" | "truncated" | undefined> {
    const found = await stat(this.#path).catch(() => undefined);
    if (found === undefined || !found.isFile()) return undefined;
    if (found.ino !== this.#inode) return "another file";
    return found.size < this.#position && found.size > 0 ? "truncated" : undefined;
  }
}

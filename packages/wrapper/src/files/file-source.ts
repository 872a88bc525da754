// Reads a file from a position on, chunk by chunk, also while it is replaced, truncated or rotated by others or by the wrapper.
import { type FileHandle, open, stat } from "node:fs/promises";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";

export interface FileSource {
  /** The next bytes; none at the end. `offset` is where they are (or were) in the file. */
  read(buffer: Uint8Array): Promise<{ readonly bytes: number; readonly offset: number }>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Throws WrapperError: not_found, or failed_precondition for anything but a regular file. */
export async function openPlainSource(path: string, offset: number): Promise<FileSource> {
  const source = new PlainSource(path, offset);
  await source.open();
  return source;
}

class PlainSource implements FileSource {
  readonly #path: string;
  #position: number;
  #file: FileHandle | undefined;
  #inode = 0;

  constructor(path: string, offset: number) {
    this.#path = path;
    this.#position = offset;
  }

  async open(): Promise<void> {
    try {
      const found = await stat(this.#path);
      if (!found.isFile()) throw new WrapperError("failed_precondition", `path: ${this.#path} is not a regular file`);
      this.#inode = found.ino;
      // An offset beyond the end means the end. Files in /proc have size 0 but do have content.
      if (found.size > 0) this.#position = Math.min(this.#position, found.size);
      this.#file = await open(this.#path, "r");
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
      const bytes = (await this.#file?.read(buffer, 0, buffer.length, offset))?.bytesRead ?? 0;
      this.#position += bytes;
      if (bytes > 0) return { bytes, offset };
      // After the end of a replaced file, the new file of that name follows, from its beginning.
      const next = await this.#successor();
      if (next === undefined) return { bytes, offset };
      // First read what was written to the old file before the new one was there.
      if (next === "another file" && ((await this.#file?.stat())?.size ?? 0) > this.#position) continue;
      if (next === "another file") {
        await this.close();
        await this.open();
      }
      this.#position = 0;
    }
  }

  async size(): Promise<number> {
    return (await this.#file?.stat())?.size ?? 0;
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

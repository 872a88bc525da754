// One output stream of a process: a file that the process itself appends to, so that neither a crash nor a busy moment of the
// wrapper kills or blocks it (with a pipe, it would). Rotation moves whole blocks from the file's beginning to <file>.1:
// they are copied, then taken out of the file in one atomic step (FALLOC_FL_COLLAPSE_RANGE, fallocate(2): ext4 and xfs), so no
// byte is lost or doubled, though a line may be split over two files. File systems without it: see `moveAll`.

import { execFile } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { copyFile, type FileHandle, open, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "../files/directory-path.ts";

export interface OutputLimits {
  readonly rotateBytes: number;
  /** Rotated files that are kept. */
  readonly keep: number;
}

/** Where the file's content is, in positions that never go back. */
export interface OutputExtent {
  readonly start: number;
  readonly end: number;
  /** UNIX time of the last change; 0 for a file that is not there. */
  readonly modifiedAtMs: number;
}

/** Stops everything that may write into the file; the returned function lets it go on. */
export type Pause = () => Promise<() => void>;

export class OutputFile {
  readonly path: string;
  #limits: OutputLimits;
  /** Bytes that rotation has taken from the file's beginning since the wrapper began: makes positions that never go back. */
  #moved = 0;
  #collapsible = true;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string, limits: OutputLimits) {
    this.path = path;
    this.#limits = limits;
  }

  setLimits(limits: OutputLimits): void {
    this.#limits = limits;
  }

  /** A descriptor that appends, for a child to inherit; the caller closes it. Throws WrapperError. */
  openForAppending(): number {
    try {
      makeDirectory(dirname(this.path), 0o755);
      return openSync(this.path, "a", 0o640);
    } catch (cause) {
      throw new WrapperError("failed_precondition", `cannot write ${this.path}: ${errnoWordsOf(cause)}`, { cause });
    }
  }

  /** Position of the file's end: bytes of it that were moved away, and what is in it. */
  end(): number {
    return this.#moved + sizeOf(this.path);
  }

  /** Position of the first byte that is in the file now. */
  start(): number {
    return this.#moved;
  }

  /** Both ends of the file at one moment, which is not within a rotation. */
  extent(): Promise<OutputExtent> {
    return this.#exclusive(async () => {
      const found = statSync(this.path, { throwIfNoEntry: false });
      const modifiedAtMs = Math.floor(found?.mtimeMs ?? 0);
      return { start: this.#moved, end: this.#moved + (found?.size ?? 0), modifiedAtMs };
    });
  }

  /** Reads at a position, out of the rotated files where it has been moved there; a position that is gone yields the oldest byte. */
  read(position: number, buffer: Uint8Array): Promise<{ readonly bytes: number; readonly position: number }> {
    return this.#exclusive(async () => {
      if (position >= this.#moved) {
        return { bytes: await readAt(this.path, position - this.#moved, buffer), position };
      }
      let before = this.#moved - position;
      let oldest = this.#moved;
      for (let index = 1; index <= this.#limits.keep; index += 1) {
        const size = sizeOf(`${this.path}.${index}`);
        if (before <= size) return { bytes: await readAt(`${this.path}.${index}`, size - before, buffer), position };
        before -= size;
        oldest -= size;
      }
      for (let index = this.#limits.keep; index >= 1; index -= 1) {
        const bytes = await readAt(`${this.path}.${index}`, 0, buffer);
        if (bytes > 0) return { bytes, position: oldest };
        oldest += sizeOf(`${this.path}.${index}`);
      }
      return { bytes: await readAt(this.path, 0, buffer), position: this.#moved };
    });
  }

  /** The last bytes from `position` on, cut to whole lines where possible, as text. */
  async tail(position: number, maxBytes: number): Promise<string> {
    const from = Math.max(position, this.end() - maxBytes);
    const buffer = Buffer.alloc(maxBytes);
    const { bytes } = await this.read(from, buffer);
    // Behind a cut the first bytes may be the rest of a character.
    const first = from > position ? buffer.findIndex((byte) => (byte & 0xc0) !== 0x80) : 0;
    const text = buffer.subarray(Math.max(0, first), bytes).toString("utf8");
    const cut = from > position ? text.slice(text.indexOf("\n") + 1) : text;
    return (cut === "" ? text : cut).trimEnd();
  }

  /** Rotates when the file has outgrown its limit. `pause` is called only where the file system makes it necessary. */
  async rotate(pause: Pause): Promise<boolean> {
    if (sizeOf(this.path) < this.#limits.rotateBytes) return false;
    return this.#exclusive(async () => {
      const { size, blksize } = await stat(this.path);
      if (size < this.#limits.rotateBytes) return false;
      // The range must end before the file does.
      const length = Math.floor((size - 1) / blksize) * blksize;
      if (length === 0 || !this.#collapsible) return this.#moveAll(pause);
      await this.#copyPrefix(length);
      if (await collapse(this.path, length)) {
        this.#moved += length;
        return true;
      }
      this.#collapsible = false;
      // What was copied is still in the file: take the copy back and do it the other way.
      await this.#unshift();
      return this.#moveAll(pause);
    });
  }

  /** Without collapsing: the writers are stopped for the moment between the last copied byte and the truncation. */
  async #moveAll(pause: Pause): Promise<boolean> {
    const resume = await pause();
    try {
      const { size } = await stat(this.path);
      await this.#copyPrefix(size);
      await truncate(this.path, 0);
      this.#moved += size;
      return true;
    } finally {
      resume();
    }
  }

  /** Copies the first bytes to <file>.1 and moves the older ones on. The copy is complete before it gets its name. */
  async #copyPrefix(length: number): Promise<void> {
    const partial = `${this.path}.rotating`;
    await copyFile(this.path, partial);
    await truncate(partial, length);
    await rm(`${this.path}.${this.#limits.keep}`, { force: true });
    for (let index = this.#limits.keep - 1; index >= 1; index -= 1) {
      await renameIfThere(`${this.path}.${index}`, `${this.path}.${index + 1}`);
    }
    await rename(partial, `${this.path}.1`);
  }

  async #unshift(): Promise<void> {
    await rm(`${this.path}.1`, { force: true });
    for (let index = 2; index <= this.#limits.keep; index += 1) {
      await renameIfThere(`${this.path}.${index}`, `${this.path}.${index - 1}`);
    }
  }

  /** One reader or rotation at a time: a read never sees a file whose beginning has just moved. */
  #exclusive<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => {});
    return turn;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function readAt(path: string, offset: number, buffer: Uint8Array): Promise<number> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
  try {
    return (await file.read(buffer, 0, buffer.length, offset)).bytesRead;
  } finally {
    await file.close();
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

/** True when the range was taken out; false where the file system (or a missing util-linux) does not allow it. */
function collapse(path: string, length: number): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ["--collapse-range", "--offset", "0", "--length", String(length), path];
    execFile("fallocate", args, { timeout: 30_000 }, (error) => resolve(error === null));
  });
}

/** Makes a directory for output, at the start of the wrapper. Throws WrapperError. */
export function makeOutputDirectory(path: string): void {
  try {
    makeDirectory(path, 0o755);
    closeSync(openSync(path, "r"));
  } catch (cause) {
    throw new WrapperError("failed_precondition", `cannot make ${path}: ${errnoWordsOf(cause)}`, { cause });
  }
}

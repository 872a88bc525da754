// Puts a file in place: written beside it under another name, owner and mode set while it is empty, flushed unless the header says
// that nobody waits for that, then renamed over.
// Invariant: a reader sees the old file or the whole new one, never a secret with the wrong mode. Writing the same content, mode
// and owner again changes nothing.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PutFileHeader, PutFileResponse } from "@cke/protocol";
import { errnoOf, errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { makeDirectory } from "./directory-path.ts";

/** Mode of a file whose header says none: what is put into KubeNodes is mostly secret. */
const defaultMode = 0o600;

export class AtomicFile {
  readonly #path: string;
  readonly #mode: number;
  readonly #owner: { readonly uid: number; readonly gid: number };
  readonly #flushed: boolean;
  readonly #hash = createHash("sha256");
  readonly #temporary: string;
  #file: FileHandle | undefined;
  #size = 0;

  constructor(header: PutFileHeader) {
    this.#path = header.path;
    this.#mode = header.mode === 0 ? defaultMode : header.mode;
    this.#owner = { uid: header.uid, gid: header.gid };
    this.#flushed = !header.unflushed;
    this.#temporary = join(
      dirname(header.path),
      `.${basename(header.path).slice(0, 200)}.${randomBytes(6).toString("hex")}.cke`,
    );
  }

  /** Makes the parents and the temporary file. Throws WrapperError. */
  async open(): Promise<void> {
    await this.#do("make the directory of", async () => makeDirectory(dirname(this.#path), 0o755));
    const present = await lstat(this.#path).catch(() => undefined);
    if (present?.isDirectory()) {
      throw new WrapperError("failed_precondition", `header.path: ${this.#path} is a directory`);
    }
    await this.#do("write", async () => {
      this.#file = await open(this.#temporary, "wx", 0o600);
      // The owner first: changing it takes special bits away again, chown(2).
      await this.#file.chown(this.#owner.uid, this.#owner.gid);
      await this.#file.chmod(this.#mode);
    });
  }

  async write(data: Uint8Array): Promise<void> {
    this.#hash.update(data);
    this.#size += data.length;
    await this.#do("write", async () => {
      // A write may be short, for example on a full disk: writeFile goes on where it ended or fails.
      await this.#file?.writeFile(data);
    });
  }

  /** Puts the file in place. Throws WrapperError, and then the old file is untouched. */
  async finish(): Promise<PutFileResponse> {
    const sha256 = this.#hash.digest("hex");
    const changed = !(await this.#isSame(sha256));
    if (!changed) {
      await this.abandon();
      return { size: this.#size, sha256, changed };
    }
    await this.#do("write", async () => {
      if (this.#flushed) await this.#file?.sync();
      await this.#file?.close();
      this.#file = undefined;
      await rename(this.#temporary, this.#path);
      if (!this.#flushed) return;
      const directory = await open(dirname(this.#path), "r");
      await directory.sync().finally(() => directory.close());
    });
    return { size: this.#size, sha256, changed };
  }

  /** Removes the temporary file, after anything but success. */
  async abandon(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => {});
    await rm(this.#temporary, { force: true }).catch(() => {});
  }

  async #isSame(sha256: string): Promise<boolean> {
    const present = await lstat(this.#path).catch(() => undefined);
    if (present === undefined || !present.isFile() || present.size !== this.#size) return false;
    if ((present.mode & 0o7777) !== this.#mode || present.uid !== this.#owner.uid || present.gid !== this.#owner.gid)
      return false;
    const hash = createHash("sha256");
    try {
      for await (const chunk of createReadStream(this.#path)) hash.update(chunk);
    } catch {
      return false;
    }
    return hash.digest("hex") === sha256;
  }

  async #do(what: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      await this.abandon();
      const errno = errnoOf(cause);
      const code =
        errno === "EACCES" || errno === "EPERM"
          ? "permission_denied"
          : errno === "ENOSPC" || errno === "EDQUOT"
            ? "resource_exhausted"
            : "failed_precondition";
      throw new WrapperError(code, `cannot ${what} ${this.#path}: ${errnoWordsOf(cause)}`, { cause });
    }
  }
}

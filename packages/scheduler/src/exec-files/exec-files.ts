// The executors that Mesos agents download. Each file is hashed once, and again when it changes on disk. Agents get a
// URL that contains the hash, because Mesos' fetcher cache never refreshes a URL (`cache: true`).
import { createHash } from "node:crypto";
import { type Stats, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { CkeError, type Logger, messageOf } from "@cke/foundation";
import type { FileIdentity } from "./http-range.ts";

export interface ExecFile extends FileIdentity {
  readonly name: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/**
 * An open file with its hash. The bytes that are read from the handle are those that were hashed, also when another
 * file gets the name.
 */
export interface OpenExecFile {
  readonly file: ExecFile;
  readonly handle: FileHandle;
}

interface Known {
  readonly version: string;
  readonly file: ExecFile;
}

export class ExecFileNotFoundError extends CkeError {
  constructor(message: string) {
    super("exec_not_found", message, { status: 404 });
  }
}

export class ExecFiles {
  readonly #directory: string;
  readonly #names: readonly string[];
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();
  readonly #hashing = new Map<string, Promise<ExecFile>>();

  /** Only `names` are served, from `directory`. */
  constructor(options: { readonly directory: string; readonly names: readonly string[]; readonly logger: Logger }) {
    this.#directory = options.directory;
    this.#names = [...new Set(options.names)];
    this.#logger = options.logger;
  }

  /**
   * Hashes the files, so that `urlOf` can answer. A missing executor is a warning only, because it may be put there
   * later.
   */
  async start(): Promise<void> {
    for (const name of this.#names) await this.#prepare(name);
  }

  /**
   * Content-addressed path, relative to the executor URL's base: `exec/<sha256>/<name>`. Undefined while there is none:
   * the file is missing, or it has changed and is being hashed again; `exec/<name>` is right at any time.
   */
  urlOf(name: string): string | undefined {
    if (!this.#names.includes(name)) return undefined;
    const known = this.#known.get(name);
    const stats = statSync(join(this.#directory, name), { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (known?.version === versionOf(stats)) return `exec/${known.file.sha256}/${encodeURIComponent(name)}`;
    void this.#prepare(name);
    return undefined;
  }

  /** Opens one of the files; the caller closes the handle. With `sha256`, only a file with that hash. */
  async open(name: string, sha256?: string): Promise<OpenExecFile> {
    if (!this.#names.includes(name)) {
      throw new ExecFileNotFoundError(`no executor "${name}": there are ${this.#names.join(", ")}`);
    }
    const path = join(this.#directory, name);
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (error) {
      throw new ExecFileNotFoundError(
        `executor "${name}" is not in ${this.#directory} (${messageOf(error)}): build it, or set -exec_dir`,
      );
    }
    try {
      const file = await this.#identify(name, handle);
      if (sha256 !== undefined && sha256 !== file.sha256) {
        throw new ExecFileNotFoundError(`executor "${name}" has another content now: /exec/${file.sha256}/${name}`);
      }
      return { file, handle };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #prepare(name: string): Promise<void> {
    try {
      const { file, handle } = await this.open(name);
      await handle.close();
      this.#logger.debug("executor ready for download", { name, sha256: file.sha256, bytes: file.size });
    } catch (error) {
      this.#logger.warning("executor is not there for download", { name, reason: messageOf(error) });
    }
  }

  async #identify(name: string, handle: FileHandle): Promise<ExecFile> {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ExecFileNotFoundError(`executor "${name}" is no file`);
    const version = versionOf(stats);
    const known = this.#known.get(name);
    if (known?.version === version) return known.file;
    const key = `${name} ${version}`;
    const running = this.#hashing.get(key) ?? this.#hash(name, handle, stats);
    this.#hashing.set(key, running);
    try {
      const file = await running;
      this.#known.set(name, { version, file });
      return file;
    } finally {
      this.#hashing.delete(key);
    }
  }

  async #hash(name: string, handle: FileHandle, stats: Stats): Promise<ExecFile> {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(1 << 20);
    let position = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
    const sha256 = hash.digest("hex");
    return { name, sha256, size: position, etag: `"${sha256}"`, modifiedMs: stats.mtimeMs };
  }
}

function versionOf(stats: Stats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(":");
}

// The images of a host, by their content. Below its directory:
//   content/<sha256>        an image, whole and never changed (0444)
//   sources/<key>.json      which content a source had, and how to ask whether it still has it
//   partial/<key>           what is being fetched; with .json, what is known of it
//   locks/<key>             see storage/host-lock.ts
// A VM that uses an image has it under a second name in a directory of its own (a hard link), so that what is in use is what has
// several names: there is no list that could be wrong, and an image that goes from here stays with its VMs.
import { createHash, randomUUID } from "node:crypto";
import { chmod, link, mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { publishFile, writeDurably } from "../storage/durable-file.ts";
import { codeOf, isMissing } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";
import { discardDownload } from "./image-download.ts";
import { imagesToRemove, type Moment, type RetentionPolicy, type StoredImage } from "./retention.ts";

const sumPattern = /^[0-9a-f]{64}$/;
/** Partial downloads that nobody goes on with. */
const abandonedMs = 7 * 86_400_000;

/** What a source had. `identity` is of a file: device, inode, size, times. */
const sourceSchema = z.object({
  sha256: z.string().regex(sumPattern),
  etag: z.string(),
  lastModified: z.string(),
  identity: z.string(),
});
export type KnownSource = z.output<typeof sourceSchema>;

export const sourceKey = (source: string) => createHash("sha256").update(source).digest("hex");

export class ImageCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get directory(): string {
    return this.#directory;
  }

  /** Emulators run as another user and must get to the images; what is not whole yet is nobody's. */
  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o711 });
    for (const [name, mode] of [
      ["content", 0o711],
      ["sources", 0o700],
      ["partial", 0o700],
      ["locks", 0o700],
    ] as const) {
      await mkdir(join(this.#directory, name), { recursive: true, mode });
    }
  }

  contentPath(sha256: string): string {
    return join(this.#directory, "content", sha256);
  }

  partialPath(key: string): string {
    return join(this.#directory, "partial", key);
  }

  lockPath(key: string): string {
    return join(this.#directory, "locks", key);
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.#stored(sha256)) !== undefined;
  }

  /**
   * Gives a VM an image: under the name `path`, whose directory must be on the same file system. False when it is not here (any more).
   * Throws CkeError storage_layout.
   */
  async give(sha256: string, path: string): Promise<boolean> {
    const content = this.contentPath(sha256);
    const beside = `${path}.${randomUUID()}.tmp`;
    try {
      await link(content, beside);
      await rename(beside, path);
      await rm(beside, { force: true }); // a rename onto another name of the same file does nothing
      await touch(path);
      return true;
    } catch (error) {
      await rm(beside, { force: true });
      if (codeOf(error) === "ENOENT" && (await this.#stored(sha256)) === undefined) return false;
      if (codeOf(error) !== "EXDEV") throw error;
      const words = `${path} and ${content} must be on one file system: the disks of a VM are made on top of the image`;
      throw new CkeError("storage_layout", words, { cause: error });
    }
  }

  /** Takes a complete file as the image of this sum. The file goes. */
  async keep(file: string, sha256: string): Promise<void> {
    if (await this.has(sha256)) {
      await rm(file, { force: true });
      return;
    }
    await chmod(file, 0o444);
    await touch(file);
    await publishFile(file, this.contentPath(sha256));
  }

  async source(key: string): Promise<KnownSource | undefined> {
    try {
      return sourceSchema.safeParse(JSON.parse(await readFile(this.#sourcePath(key), "utf8"))).data;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async noteSource(key: string, known: KnownSource): Promise<void> {
    await writeDurably(this.#sourcePath(key), JSON.stringify(known), 0o600);
  }

  /** Removes images that no VM uses, as the policy has it, and what was never completed. Resolves to the sums of what went. */
  async tidy(policy: RetentionPolicy, moment: Moment): Promise<readonly string[]> {
    const names = await readdir(join(this.#directory, "content"));
    const stored = await Promise.all(names.filter((name) => sumPattern.test(name)).map((name) => this.#stored(name)));
    const removed = imagesToRemove(
      stored.filter((image) => image !== undefined),
      policy,
      moment,
    );
    for (const sha256 of removed) await rm(this.contentPath(sha256), { force: true });
    await this.#dropAbandoned(moment.nowMs);
    await this.#dropStaleSources();
    return removed;
  }

  async #stored(sha256: string): Promise<StoredImage | undefined> {
    try {
      const { blocks, mtimeMs, nlink } = await stat(this.contentPath(sha256));
      return { sha256, bytes: blocks * 512, lastUsedMs: mtimeMs, used: nlink > 1 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #dropAbandoned(nowMs: number): Promise<void> {
    const names = new Set((await readdir(join(this.#directory, "partial"))).map((name) => name.replace(/\.json$/, "")));
    for (const name of names) {
      const path = this.partialPath(name);
      const age = (await ageOf(path, nowMs)) ?? (await ageOf(`${path}.json`, nowMs));
      if (age === undefined || age < abandonedMs) continue;
      const lock = await HostLock.tryAcquire(this.lockPath(name), new AbortController().signal);
      if (lock === undefined) continue;
      try {
        await discardDownload(path);
      } finally {
        await lock.release({ remove: true });
      }
    }
  }

  async #dropStaleSources(): Promise<void> {
    for (const name of await readdir(join(this.#directory, "sources"))) {
      const key = name.replace(/\.json$/, "");
      const known = await this.source(key);
      if (known === undefined || !(await this.has(known.sha256))) await rm(this.#sourcePath(key), { force: true });
    }
  }

  #sourcePath(key: string): string {
    return join(this.#directory, "sources", `${key}.json`);
  }
}

/** Notes that an image is used now: all of its names share that time. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

async function ageOf(path: string, nowMs: number): Promise<number | undefined> {
  try {
    return nowMs - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

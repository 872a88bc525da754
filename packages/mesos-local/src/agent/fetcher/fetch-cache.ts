// The fetcher's cache: one download per URI and user, shared by every sandbox that asks for it, bounded in bytes:
// what was used longest ago goes first. As in Mesos nothing is fetched again: a URI must change with its content.
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import { baseName } from "./fetch-item.ts";

const userPrefix = "user-";
const cachedName = /^c\d+-/;
const maxNameLength = 200;

interface Entry {
  readonly file: string;
  readonly ready: Promise<void>;
  size: number;
  users: number;
  lastUse: number;
}

interface FetchCacheSource {
  /** Bytes to reserve; undefined when the server does not say. */
  size(): Promise<number | undefined>;
  download(file: string): Promise<void>;
}

export class FetchCache {
  readonly #directory: string;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  #number = 0;
  #use = 0;

  constructor(directory: string, capacityBytes: number) {
    this.#directory = directory;
    this.#capacity = capacityBytes;
  }

  /** Deletes what an earlier agent cached, which may be stale; nothing else that may lie in the directory. */
  async start(): Promise<void> {
    for (const user of await namesIn(this.#directory)) {
      const directory = join(this.#directory, user);
      const files = user.startsWith(userPrefix) ? await namesIn(directory) : [];
      for (const name of files) if (cachedName.test(name)) await rm(join(directory, name), { force: true });
    }
  }

  get usedBytes(): number {
    return [...this.#entries.values()].reduce((sum, entry) => sum + entry.size, 0);
  }

  get capacityBytes(): number {
    return this.#capacity;
  }

  /**
   * Calls `use` with the cached file, downloading it before when needed; `hit` is false for the one that downloads.
   * Throws CkeError `cache_unusable` when the size is unknown or too large: the caller then fetches directly.
   */
  async withFile(
    user: string,
    uri: string,
    source: FetchCacheSource,
    use: (file: string, hit: boolean) => Promise<void>,
  ): Promise<void> {
    const key = `${user}\0${uri}`;
    const known = this.#entries.get(key);
    const entry = known ?? this.#add(key, user, uri, source);
    entry.users += 1;
    try {
      if (!(await succeeds(entry.ready)) && known !== undefined) {
        // The caller that downloads gave up, because its executor was killed for example. This caller has not failed.
        return await this.withFile(user, uri, source, use);
      }
      await entry.ready;
      this.#use += 1;
      entry.lastUse = this.#use;
      await use(entry.file, known !== undefined);
    } finally {
      entry.users -= 1;
    }
  }

  #add(key: string, user: string, uri: string, source: FetchCacheSource): Entry {
    this.#number += 1;
    const directory = join(this.#directory, `${userPrefix}${encodeURIComponent(user)}`);
    const file = join(directory, `c${this.#number}-${baseName(uri).slice(-maxNameLength)}`);
    const entry: Entry = { file, ready: this.#load(key, directory, file, source), size: 0, users: 0, lastUse: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  async #load(key: string, directory: string, file: string, source: FetchCacheSource): Promise<void> {
    try {
      const size = await source.size();
      if (size === undefined || size === 0) {
        throw new CkeError("cache_unusable", "the server does not tell the size of the resource");
      }
      await this.#makeRoom(key, size);
      await mkdir(directory, { recursive: true });
      await source.download(file);
      const entry = this.#entries.get(key);
      if (entry !== undefined) entry.size = (await stat(file)).size;
    } catch (error) {
      this.#entries.delete(key);
      await rm(file, { force: true });
      throw error;
    }
  }

  async #makeRoom(key: string, size: number): Promise<void> {
    const idle = [...this.#entries].filter(([other, entry]) => other !== key && entry.users === 0);
    idle.sort(([, a], [, b]) => a.lastUse - b.lastUse);
    while (this.usedBytes + size > this.#capacity) {
      const oldest = idle.shift();
      if (oldest === undefined) throw new CkeError("cache_unusable", `${size} bytes do not fit into the cache`);
      this.#entries.delete(oldest[0]);
      await rm(oldest[1].file, { force: true });
    }
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.size = size;
  }
}

async function succeeds(promise: Promise<void>): Promise<boolean> {
  return await promise.then(
    () => true,
    () => false,
  );
}

async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

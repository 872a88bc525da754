// Fetches the URIs of a CommandInfo into a sandbox, one after the other; the first failure ends it. Where files go
// is as recorded in fetcher.json: an archive fetched directly is kept beside its content, a cached one is not.
import { chmod, constants, copyFile, lstat, mkdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import type { URI } from "@cke/mesos";
import { contentLength, download } from "./download.ts";
import { extractArchive } from "./extract.ts";
import type { FetchCache } from "./fetch-cache.ts";
import { archiveKind, baseName, type FetchItem, planFetch, uriKind } from "./fetch-item.ts";
import { FetchLog } from "./fetch-log.ts";

const executableMode = 0o755;

interface FetchRequest {
  readonly uris: readonly URI[];
  readonly sandbox: string;
  /** Where the fetcher's lines go. */
  readonly stderr: string;
  readonly user: string;
  readonly containerId: string;
  readonly signal: AbortSignal;
}

interface FetcherOptions {
  readonly cache: FetchCache;
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
}

export class Fetcher {
  readonly #options: FetcherOptions;
  succeeded = 0;
  failed = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  get cache(): FetchCache {
    return this.#options.cache;
  }

  /** Throws CkeError `fetch_failed` with Mesos' words for the task's status; details are in the sandbox's stderr. */
  async fetch(request: FetchRequest): Promise<void> {
    if (request.uris.length === 0) return;
    try {
      await this.#fetchAll(request);
      this.succeeded += 1;
    } catch (error) {
      this.failed += 1;
      throw error;
    }
  }

  async #fetchAll(request: FetchRequest): Promise<void> {
    let items: readonly FetchItem[];
    try {
      items = planFetch(request.uris);
    } catch (cause) {
      throw new CkeError("fetch_failed", `Could not fetch: ${messageOf(cause)}`, { cause });
    }
    const log = new FetchLog(request.stderr, () => this.#options.clock.now());
    const job = new FetchJob(request, this.#options, log);
    for (const item of items) {
      try {
        await log.write("I", `Fetching URI '${item.uri}'`);
        const target = await job.fetch(item);
        await log.write("I", `Fetched '${item.uri}' to '${target}'`);
      } catch (cause) {
        await log.write("E", `EXIT with status 1: Failed to fetch '${item.uri}': ${messageOf(cause)}`);
        const text = `Failed to fetch all URIs for container '${request.containerId}': exited with status 1`;
        throw new CkeError("fetch_failed", text, { cause });
      }
    }
    await log.write("I", `Successfully fetched all URIs into '${request.sandbox}'`);
  }
}

class FetchJob {
  readonly #request: FetchRequest;
  readonly #options: FetcherOptions;
  readonly #log: FetchLog;

  constructor(request: FetchRequest, options: FetcherOptions, log: FetchLog) {
    this.#request = request;
    this.#options = options;
    this.#log = log;
  }

  /** Returns where the item went. */
  async fetch(item: FetchItem): Promise<string> {
    if (!item.cache) return await this.#direct(item);
    let target = this.#request.sandbox;
    try {
      const source = {
        size: async () => await this.#size(item.uri),
        download: async (file: string) => await this.#get(item.uri, file),
      };
      await this.#options.cache.withFile(this.#request.user, item.uri, source, async (file) => {
        await this.#log.write("I", `Fetching URI '${item.uri}' from cache`);
        target = await this.#fromCache(item, file);
      });
      return target;
    } catch (error) {
      if (!(error instanceof CkeError && error.code === "cache_unusable")) throw error;
      const text = `Reverting to fetching directly into the sandbox for '${item.uri}': ${error.message}`;
      await this.#log.write("W", text);
      return await this.#direct(item);
    }
  }

  async #direct(item: FetchItem): Promise<string> {
    await this.#log.write("I", `Fetching '${item.uri}' directly into the sandbox directory`);
    const target = await this.#target(item);
    await this.#get(item.uri, target);
    await this.#finish(item, target, target);
    return target;
  }

  /** Extracts into the sandbox, or copies; the archive itself stays in the cache. */
  async #fromCache(item: FetchItem, file: string): Promise<string> {
    const kind = item.extract ? archiveKind(baseName(item.uri)) : undefined;
    if (kind === undefined) {
      const target = await this.#target(item);
      await copyFile(file, target, constants.COPYFILE_FICLONE);
      await this.#finish(item, file, target);
      return target;
    }
    await extractArchive(kind, file, this.#request.sandbox, this.#request.signal);
    return this.#request.sandbox;
  }

  async #finish(item: FetchItem, source: string, target: string): Promise<void> {
    if (item.executable) await chmod(target, executableMode);
    if (!item.extract) return;
    const kind = archiveKind(basename(target));
    if (kind !== undefined && source === target) {
      await extractArchive(kind, target, this.#request.sandbox, this.#request.signal);
      if (kind === "gz") await this.#log.write("I", `Extracted '${target}' into '${this.#request.sandbox}'`);
      return;
    }
    const reason = "because it does not seem to be an archive";
    await this.#log.write(
      "W",
      `Copying instead of extracting resource from URI with 'extract' flag, ${reason}: ${item.uri}`,
    );
  }

  async #get(uri: string, target: string): Promise<void> {
    const kind = uriKind(uri);
    if (kind.kind === "refused") throw new CkeError("fetch_refused", kind.problem);
    if (kind.kind === "file") {
      await copyLocal(kind.path, target);
      return;
    }
    await this.#log.write("I", `Downloading resource from '${uri}' to '${target}'`);
    await download(kind.url, target, this.#downloadOptions());
  }

  async #size(uri: string): Promise<number | undefined> {
    const kind = uriKind(uri);
    if (kind.kind === "http") return await contentLength(kind.url, this.#downloadOptions());
    return kind.kind === "file" ? (await stat(kind.path).catch(() => undefined))?.size : undefined;
  }

  #downloadOptions() {
    return { signal: this.#request.signal, stallTimeoutMs: this.#options.stallTimeoutMs };
  }

  /** Path in the sandbox; its directory exists and lies in the sandbox, and it is no symbolic link that an archive left. */
  async #target(item: FetchItem): Promise<string> {
    const { sandbox } = this.#request;
    if (item.outputFile === "") return `${sandbox}/`;
    const target = join(sandbox, item.outputFile);
    await mkdir(dirname(target), { recursive: true });
    const [directory, root] = [await realpath(dirname(target)), await realpath(sandbox)];
    if (directory !== root && !directory.startsWith(`${root}/`)) {
      throw new CkeError("output_file_outside_sandbox", "URI output file must be within the sandbox directory");
    }
    const existing = await lstat(target).catch(() => undefined);
    if (existing?.isSymbolicLink()) await rm(target);
    return target;
  }
}

async function copyLocal(path: string, target: string): Promise<void> {
  if (target.endsWith("/")) throw new CkeError("fetch_refused", `cannot copy '${path}': it names no file`);
  try {
    await copyFile(path, target, constants.COPYFILE_FICLONE);
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const text = missing ? `cannot stat '${path}': No such file or directory` : messageOf(cause);
    throw new CkeError("fetch_refused", text, { cause });
  }
}

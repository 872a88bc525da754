// Deletes the sandboxes of runs that ended long ago. Age is the directory's modification time, so that a
// restart forgets nothing. Sandboxes of runs that are still alive are never touched.
import { readdir, rm, rmdir, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import type { AgentPaths } from "./agent-paths.ts";

const longestPauseMs = 3_600_000;

interface SandboxGarbageCollectorOptions {
  readonly paths: AgentPaths;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keepMs: number;
  /** Sandboxes that are in use. */
  readonly live: () => ReadonlySet<string>;
}

export class SandboxGarbageCollector {
  readonly #options: SandboxGarbageCollectorOptions;
  #cancel = () => {};
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;
  removed = 0;

  constructor(options: SandboxGarbageCollectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sweeping = this.#sweep();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#sweeping;
  }

  /** The age of a sandbox counts from here. */
  async markEnded(sandbox: string): Promise<void> {
    const now = this.#options.clock.now() / 1000;
    await utimes(sandbox, now, now).catch(() => {});
  }

  async #sweep(): Promise<void> {
    const { clock, keepMs, logger } = this.#options;
    try {
      for (const sandbox of await this.#sandboxes()) await this.#collect(sandbox);
    } catch (error) {
      logger.warning("old sandboxes were not looked through", { problem: messageOf(error) });
    }
    if (this.#stopped) return;
    const again = () => {
      this.#sweeping = this.#sweep();
    };
    this.#cancel = clock.after(Math.min(longestPauseMs, Math.max(keepMs / 4, 100)), again, { background: true });
  }

  async #collect(sandbox: string): Promise<void> {
    const { clock, keepMs, live, logger } = this.#options;
    if (live().has(sandbox)) return;
    const { mtimeMs } = await stat(sandbox);
    if (clock.now() - mtimeMs < keepMs) return;
    await rm(sandbox, { recursive: true, force: true });
    this.removed += 1;
    logger.info("old sandbox deleted", { sandbox });
    const runs = dirname(sandbox);
    if ((await readdir(runs)).every((name) => name === "latest")) {
      await rm(join(runs, "latest"), { force: true });
      // Parent directories go when they are empty; the first one that is not empty stays, with those above it.
      for (const directory of [runs, dirname(runs)]) await rmdir(directory).catch(() => {});
    }
  }

  async #sandboxes(): Promise<string[]> {
    let directories = [this.#options.paths.slaves()];
    for (const level of ["*", "frameworks", "*", "executors", "*", "runs", "*"]) {
      const next = directories.map(async (directory) =>
        level === "*" ? await subdirectories(directory) : [join(directory, level)],
      );
      directories = (await Promise.all(next)).flat();
    }
    return directories;
  }
}

async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
}

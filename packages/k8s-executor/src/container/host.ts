// The few things that the executor does on the host's file system, behind an interface for the tests.
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface Host {
  /** Parents included; existing ones are fine. */
  makeDirectory(path: string): Promise<void>;
  /** The tree and nothing else; an absent one is fine. */
  removeTree(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  writeText(path: string, text: string): Promise<void>;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

export const localHost: Host = {
  makeDirectory: async (path) => {
    // For root only: a process that reaches the wrapper's socket is root in the node.
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  removeTree: (path) => rm(path, { recursive: true, force: true }),
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  readText: async (path) => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  writeText: async (path, text) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, { mode: 0o600 });
  },
};

// A host's file system in memory for unit tests.
import type { Host } from "../container/host.ts";

export class MemoryHost implements Host {
  readonly files = new Map<string, string>();
  readonly directories = new Set<string>();

  async makeDirectory(path: string): Promise<void> {
    this.directories.add(path);
  }

  async removeTree(path: string): Promise<void> {
    for (const name of [...this.files.keys()]) if (name.startsWith(`${path}/`)) this.files.delete(name);
    for (const name of [...this.directories])
      if (name === path || name.startsWith(`${path}/`)) this.directories.delete(name);
  }

  async exists(path: string): Promise<boolean> {
    // A wrapper's socket is there as soon as its directory is.
    return this.files.has(path) || this.directories.has(path) || path.endsWith(".sock");
  }

  async readText(path: string): Promise<string | undefined> {
    return this.files.get(path);
  }

  async writeText(path: string, text: string): Promise<void> {
    this.files.set(path, text);
  }
}

// Reads which file imports which, inside each package. Value imports and type imports count alike. Pure.
import { dirname, join } from "node:path/posix";
import type { SourceFile } from "./source-tree.ts";

/** File → the files of the same package that it imports. Every given file is a key. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The names of the modules that a file imports or re-exports, in order. */
export const importedNames = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].flatMap(([, name]) => name ?? []);

/**
 * True for tests. Tests may import every room and no file imports them, so they do not count for the order of rooms.
 */
export const isTest = (path: string): boolean => /\.(test|soak)\.ts$/.test(path);

/** True for rooms whose files are for tests only. */
export const isTesting = (path: string): boolean => /(^|\/)(testing|conformance)\//.test(path);

/** The imports between the files of one package. Imports from outside are left out. */
export function importGraph(files: readonly Pick<SourceFile, "path" | "text">[]): ImportGraph {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, text }) => {
      const targets = importedNames(text)
        .filter((name) => name.startsWith("."))
        .map((name) => join(dirname(path), name));
      return [path, [...new Set(targets.filter((target) => known.has(target)))]];
    }),
  );
}

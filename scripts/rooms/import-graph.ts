// Which file imports which, inside each package. Value and type imports count alike. Pure.
import { dirname, join } from "node:path/posix";
import type { SourceFile } from "./source-tree.ts";

/** File → the files of the same package that it imports. Each file that was given is a key. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** What a module names in its imports and re-exports, in order. */
export const importedNames = (text: string): string[] =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].flatMap(([, name]) => name ?? []);

/** Tests may look into every room, and nothing imports them: they are no part of the order of rooms. */
export const isTest = (path: string): boolean => /\.(test|soak)\.ts$/.test(path);

/** Rooms whose files serve tests only. */
export const isTesting = (path: string): boolean => /(^|\/)(testing|conformance)\//.test(path);

/** The imports between the files of one package; files outside it are left out. */
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

// Reads the sources for the rules of this folder: every TypeScript file of the packages, of scripts/ and of test/, and
// the entries of each package. No other file of this folder reads the disk.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

export interface SourceFile {
  /** Name of the package's folder, or `scripts` or `test`. */
  readonly package: string;
  /** Path below the package's src/, or below scripts/ or test/. */
  readonly path: string;
  readonly text: string;
}

/** The entries of a package: `@cke/<package><entry>` → path below its src/. */
export interface PackageEntries {
  readonly package: string;
  readonly entries: readonly Entry[];
}

export interface Entry {
  /** Empty for the package itself, otherwise `/name`. */
  readonly name: string;
  readonly path: string;
}

/** Folders outside packages/ with code of CKE. They may import any package. */
export const outsidePackages = ["scripts", "test"];

/** Path of a file from the top of the checkout. */
export const placeOf = (file: Pick<SourceFile, "package" | "path">): string =>
  outsidePackages.includes(file.package) ? `${file.package}/${file.path}` : `packages/${file.package}/src/${file.path}`;

export function readSources(top: string): SourceFile[] {
  const read = (name: string, root: string) =>
    readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.tsx?$/.test(path) && !path.includes("node_modules/"))
      .sort()
      .map((path) => ({ package: name, path, text: readFileSync(join(root, path), "utf8") }));
  return [
    ...packageNames(top).flatMap((name) => read(name, join(top, "packages", name, "src"))),
    ...outsidePackages.flatMap((name) => read(name, join(top, name))),
  ];
}

const exportsSchema = z.object({ exports: z.record(z.string(), z.string()) });

export function readEntries(top: string): PackageEntries[] {
  return packageNames(top).map((name) => {
    const text = readFileSync(join(top, "packages", name, "package.json"), "utf8");
    const entries = Object.entries(exportsSchema.parse(JSON.parse(text)).exports);
    return {
      package: name,
      entries: entries.map(([entry, target]) => ({ name: entry.slice(1), path: target.replace(/^\.\/src\//, "") })),
    };
  });
}

const packageNames = (top: string) =>
  readdirSync(join(top, "packages"))
    .filter((name) => existsSync(join(top, "packages", name, "package.json")))
    .sort();

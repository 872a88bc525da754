// Checks the entries of a package: every file that other packages import is listed in its package.json, and every
// listed file exists and is used. Pure.
import { importedNames } from "./import-graph.ts";
import { type PackageEntries, placeOf, type SourceFile } from "./source-tree.ts";

/** A line for each breach in one package's list of entries. */
export function entryBreaches(owner: PackageEntries, files: readonly SourceFile[]): string[] {
  const where = `packages/${owner.package}/package.json`;
  const patterns = owner.entries.filter(({ name }) => name.includes("*"));
  const listed = owner.entries.filter(({ name }) => !name.includes("*"));
  const paths = new Set(files.filter((file) => file.package === owner.package).map(({ path }) => path));
  const importedBy = new Map<string, string>();
  const used = new Set<string>();
  for (const file of files) {
    if (file.package === owner.package) continue;
    for (const name of importedNames(file.text)) {
      const entry = entryOf(owner.package, name);
      if (entry !== undefined && !importedBy.has(entry)) importedBy.set(entry, placeOf(file));
    }
    // A program that is started and not imported is named by import.meta.resolve().
    for (const [, name = ""] of file.text.matchAll(/"(@cke\/[^"]+)"/g)) {
      const entry = entryOf(owner.package, name);
      if (entry !== undefined) used.add(entry);
    }
  }
  const names = new Set(listed.map(({ name }) => name));
  return [
    ...patterns.map(({ name }) => `${where}: exports ".${name}": list each entry that others need instead`),
    ...listed
      .filter(({ path }) => !paths.has(path))
      .map(({ name, path }) => `${where}: exports ".${name}", but there is no src/${path}`),
    ...listed
      .filter(({ name }) => !used.has(name))
      .map(({ name }) => `${where}: exports ".${name}", which no other package imports`),
    ...[...importedBy]
      .filter(([name]) => !names.has(name))
      .map(([name, importer]) => `${importer}: imports @cke/${owner.package}${name}, which ${where} does not list`),
  ];
}

/** `@cke/mesos/v1/task` → `/v1/task` for the package mesos; undefined for any other module. */
function entryOf(name: string, module: string): string | undefined {
  const base = `@cke/${name}`;
  if (module === base) return "";
  return module.startsWith(`${base}/`) ? module.slice(base.length) : undefined;
}

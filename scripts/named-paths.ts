// Checks documents against the tree: every file and room (folder) that a document names in backquotes exists, and every room of
// some packages is named in docs/architecture.md. Pure; scripts/check.ts runs it.

/** The documents that describe where things are in the tree. */
export const mapDocuments: readonly string[] = ["docs/architecture.md", "docs/glossary.md"];

/** The paths that a document names, in the order of their first use. Drawings and shell examples do not count. */
export function namedPaths(markdown: string): readonly string[] {
  const text = markdown.replaceAll(/```[\s\S]*?```/g, "");
  const named = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = ""]) => word);
  return [...new Set(named.filter(isPath))];
}

/** `a/b.ts`, `packages/a` and `a/b/`. No URL, no media type, no pattern, and no path of a running system (`/etc/hosts`). */
function isPath(word: string): boolean {
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/?$/.test(word)) return false;
  return (
    word.endsWith("/") ||
    /\/.*\.(ts|proto|md|yaml)$/.test(word) ||
    /^(packages|proto|scripts|docs|images|test|default_cfg)\//.test(word)
  );
}

export interface TreePaths {
  /** True for a file or folder, by its path from the top. */
  readonly exists: (path: string) => boolean;
  /** Names of the packages: a path may be short and begin in a package, or below its src/. */
  readonly packages: readonly string[];
}

/** A line for each path that does not exist. */
export function pathBreaches(document: string, markdown: string, { exists, packages }: TreePaths): string[] {
  const bases = ["", "packages/", "docs/", ...packages.map((name) => `packages/${name}/src/`)];
  const found = (path: string) => bases.some((base) => exists(base + path));
  return namedPaths(markdown)
    .map((path) => path.replace(/\/$/, ""))
    .filter((path) => !found(path) && !found(path.replace("/", "/src/")))
    .map((path) => `${document}: there is no ${path}`);
}

/** Packages whose rooms docs/architecture.md lists one by one. */
export const listedPackages: readonly string[] = [
  "scheduler",
  "k8s-executor",
  "vm-executor",
  "wrapper",
  "libvirt",
  "scheduler-simulation",
];

/** A line for each room that the document does not name. `files`: paths of the package's files, below its src/. */
export function unnamedRooms(document: string, markdown: string, owner: string, files: readonly string[]): string[] {
  const rooms = new Set(files.map((path) => path.slice(0, path.lastIndexOf("/") + 1)));
  return [...rooms]
    .filter((room) => room !== "" && !/(^|\/)(testing|tests)\//.test(room) && !markdown.includes(`\`${room}\``))
    .map((room) => `${document}: the room ${room} of packages/${owner} is not named`);
}

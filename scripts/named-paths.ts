// Checks that the paths which documents name exist: every file and room (folder) that a document names in backquotes. Pure;
// scripts/check.ts runs it on the documents in `mapDocuments`.

/** The documents that describe where things are in the tree. */
export const mapDocuments: readonly string[] = ["docs/architecture.md", "docs/glossary.md"];

/** Short forms that documents may use: a path may begin below one of these. */
const bases = ["", "packages/", "packages/scheduler/src/", "packages/scheduler/", "docs/"];

/** `a/b` and `a/b.ts`, also with a slash at the end. No URL, no pattern, no path of a running system (it begins with a slash). */
const pathForm = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)+\/?$/;

/** The paths that a document names, in the order of their first use. */
export function namedPaths(markdown: string): readonly string[] {
  const text = markdown.replaceAll(/```[\s\S]*?```/g, "");
  const named = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = ""]) => word);
  return [...new Set(named.filter((word) => pathForm.test(word) && isOfTree(word)))];
}

/** A path with the ending of a source file, or one whose first part is a folder at the top of the tree. */
function isOfTree(path: string): boolean {
  return /\.(ts|proto|md|yaml)$/.test(path) || /^(packages|proto|scripts|docs|images|test|default_cfg)\//.test(path);
}

/** A line for each path that does not exist. `exists` takes a path from the top. */
export function pathBreaches(document: string, markdown: string, exists: (path: string) => boolean): string[] {
  const found = (path: string) => bases.some((base) => exists(base + path));
  return namedPaths(markdown)
    .filter((path) => !found(path.replace(/\/$/, "")) && !found(withSource(path)))
    .map((path) => `${document}: there is no ${path}`);
}

/** `protocol/bounded-report.ts` is short for `protocol/src/bounded-report.ts`. */
const withSource = (path: string) => path.replace(/^(packages\/)?([^/]+)\//, "$1$2/src/").replace(/\/$/, "");

// Whether a path leads below a directory. Pure.

/** Both without links and without "..". A directory is below itself. */
export function isBelow(path: string, directory: string): boolean {
  const top = directory.replace(/\/+$/, "");
  return path === top || path.startsWith(`${top}/`);
}

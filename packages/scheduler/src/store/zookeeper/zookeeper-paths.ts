// Where things are in ZooKeeper: below the chroot a head, a directory of entries, one of journal parts, one of candidates.
// Entries are all children of one node: "/" in their keys becomes "|", which no key has.

export interface ZooKeeperPaths {
  readonly root: string;
  readonly head: string;
  readonly leader: string;
  /** `data` and `journal`. */
  readonly sections: readonly string[];
}

export function pathsBelow(chroot: string): ZooKeeperPaths {
  return {
    root: chroot,
    head: `${chroot}/head`,
    leader: `${chroot}/leader`,
    sections: [`${chroot}/data`, `${chroot}/journal`],
  };
}

/** `data/a/b` is `<root>/data/|a|b`; the first bar keeps "." and ".." from being names of their own. */
export function pathOf(paths: ZooKeeperPaths, key: string): string {
  const slash = key.indexOf("/");
  return `${paths.root}/${key.slice(0, slash)}/${key.slice(slash).replaceAll("/", "|")}`;
}

/** The key of a child of a section. */
export function keyOf(section: string, name: string): string {
  return `${section.slice(section.lastIndexOf("/") + 1)}${name.replaceAll("|", "/")}`;
}

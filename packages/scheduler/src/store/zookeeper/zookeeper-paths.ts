// The paths in ZooKeeper. Below the chroot are the head, a directory of entries, one of journal parts and one of
// candidates. All entries are children of one node: "/" in a key becomes "|", which no key contains.

export interface ZooKeeperPaths {
  readonly root: string;
  readonly head: string;
  readonly leader: string;
  /** The directories of `data` and `journal`. */
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

/** `data/a/b` becomes `<root>/data/|a|b`. The first bar keeps "." and ".." from being the whole name of a node. */
export function pathOf(paths: ZooKeeperPaths, key: string): string {
  const slash = key.indexOf("/");
  return `${paths.root}/${key.slice(0, slash)}/${key.slice(slash).replaceAll("/", "|")}`;
}

/** The key of a child of a section. */
export function keyOf(section: string, name: string): string {
  return `${section.slice(section.lastIndexOf("/") + 1)}${name.replaceAll("|", "/")}`;
}

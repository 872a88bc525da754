// Which user and groups a command runs as, by the container's own account files (passwd(5), group(5)). Pure.

export interface UserAccount {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** "/" when the user has no entry. */
  readonly home: string;
}

export interface AccountFiles {
  /** Text of /etc/passwd. */
  readonly passwd: string;
  /** Text of /etc/group. */
  readonly group: string;
}

/** 2^32 - 1 means "no change" to the kernel, setresuid(2). */
const largestId = 2 ** 32 - 2;

/**
 * Reads "name", "uid", "name:group" or "uid:gid". With a group, the command is in that one alone; without, in all groups of the user.
 * Returns what is wrong in words when there is no such account.
 */
export function findAccount(text: string, files: AccountFiles): UserAccount | { readonly problem: string } {
  const [user = "", group, ...more] = text.split(":");
  if (user === "" || group === "" || more.length > 0) {
    return { problem: "must be a name or number of a user, or user:group" };
  }
  const entry = lines(files.passwd).find((fields) => fields[0] === user || fields[2] === user);
  const uid = id(entry?.[2] ?? user);
  if (uid === undefined) return { problem: `there is no user ${user} in /etc/passwd of the container` };
  const home = entry?.[5] || "/";
  if (group === undefined) {
    const name = entry?.[0];
    const member = lines(files.group).filter(([, , , members = ""]) => members.split(",").includes(name ?? ""));
    const groups =
      name === undefined ? [] : member.map((fields) => id(fields[2] ?? "")).filter((gid) => gid !== undefined);
    return { uid, gid: id(entry?.[3] ?? "") ?? 0, groups, home };
  }
  const found = lines(files.group).find((fields) => fields[0] === group || fields[2] === group);
  const gid = id(found?.[2] ?? group);
  if (gid === undefined) return { problem: `there is no group ${group} in /etc/group of the container` };
  return { uid, gid, groups: [], home };
}

/** The command that becomes `command` as that user; needs root. */
export function commandAs(account: UserAccount, command: readonly string[]): readonly string[] {
  const groups = account.groups.length === 0 ? "--clear-groups" : `--groups=${account.groups.join(",")}`;
  return ["/usr/bin/setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, groups, "--", ...command];
}

function lines(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.split(":"));
}

function id(text: string): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value <= largestId ? value : undefined;
}

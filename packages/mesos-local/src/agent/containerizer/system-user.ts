// Users and groups of this machine, from /etc/passwd and /etc/group: to run executors as the framework's user and to
// show owners by name in /files/browse.
import { readFile } from "node:fs/promises";

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export async function findUser(name: string): Promise<SystemUser | undefined> {
  for (const line of (await readFile("/etc/passwd", "utf8")).split("\n")) {
    const [user, , uid, gid, , home = "/"] = line.split(":");
    if (user === name) return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return undefined;
}

/** Names by number, of users (`/etc/passwd`) or groups (`/etc/group`). */
export async function ownerNames(file: "/etc/passwd" | "/etc/group"): Promise<ReadonlyMap<number, string>> {
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n");
  return new Map(lines.map((line) => line.split(":")).map(([name = "", , id]) => [Number(id), name]));
}

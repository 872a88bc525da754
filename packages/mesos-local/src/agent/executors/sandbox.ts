// The directory in which an executor runs: made new for every run, with a link `latest` to the newest, owned by the user
// who runs the executor.
import { chown, lchown, mkdir, open, readdir, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import { findUser, type SystemUser } from "../containerizer/system-user.ts";

/** Creates the directory, its stdout and stderr, and points `latest` at it. */
export async function createSandbox(sandbox: string, user: SystemUser | undefined): Promise<void> {
  await mkdir(sandbox, { recursive: true, mode: 0o755 });
  for (const name of ["stdout", "stderr"]) await (await open(join(sandbox, name), "a", 0o644)).close();
  await giveTo(user, sandbox);
  await pointLatest(sandbox);
}

/** Gives a directory and everything below it to `user`; nothing happens without one. */
export async function giveTo(user: SystemUser | undefined, directory: string): Promise<void> {
  if (user === undefined) return;
  await chown(directory, user.uid, user.gid);
  for (const name of await readdir(directory, { recursive: true })) {
    await lchown(join(directory, name), user.uid, user.gid);
  }
}

async function pointLatest(sandbox: string): Promise<void> {
  const temporary = `${sandbox}.latest`;
  await symlink(sandbox, temporary);
  await rename(temporary, join(dirname(sandbox), "latest"));
}

/**
 * The user to run as: undefined when it is the agent's own user, or when the agent is not root and cannot switch. Throws
 * CkeError `no_such_user`.
 */
export async function runAs(name: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = await findUser(name);
  if (user === undefined) throw new CkeError("no_such_user", `Failed to get user information for '${name}'`);
  return user.uid === 0 ? undefined : user;
}

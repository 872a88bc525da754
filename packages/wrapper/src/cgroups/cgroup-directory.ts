// Small synchronous file operations on cgroup file systems, which never block on a disk.
import { readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../errors/wrapper-error.ts";

/** Every pid in the cgroup and below it; none when it is gone. */
export function pidsBelow(directory: string): readonly number[] {
  const own = readText(join(directory, "cgroup.procs"))
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
  return [...own, ...children(directory).flatMap((child) => pidsBelow(child))];
}

/** Removes the cgroup and the ones below it, which programs like container engines make; false while one is in use. */
export function removeTree(directory: string): boolean {
  // All of them, also after one that is in use: what can go goes.
  const removed = children(directory).map((child) => removeTree(child));
  if (removed.includes(false)) return false;
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return errnoOf(error) === "ENOENT";
  }
}

/** A file's text, trimmed; "" when it cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

/** Writes a value; undefined on success, otherwise what the kernel said. */
export function tryWrite(file: string, value: string | number): unknown {
  try {
    // "r+" does not create: a missing control file is an error, also over the plain directories of tests.
    writeFileSync(file, String(value), { flag: "r+" });
    return undefined;
  } catch (error) {
    return error;
  }
}

/** SIGKILL; a process that is gone already is fine. */
export function killPids(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (errnoOf(error) !== "ESRCH") throw error;
    }
  }
}

function children(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name));
  } catch {
    return [];
  }
}

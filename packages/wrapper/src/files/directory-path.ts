// Makes a directory with its parents. Not Node's `recursive`: that never ends where making a directory in an existing one
// answers ENOENT, as in /proc.
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../errors/wrapper-error.ts";

/** A directory that exists already is no error. Throws system errors. */
export function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !isDirectory(dirname(path))) {
      makeDirectory(dirname(path), mode);
      mkdirSync(path, { mode });
    } else if (!isDirectory(path)) {
      throw error;
    }
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

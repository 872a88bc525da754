// Finds the directory of the executors: -exec_dir, or exec/ beside this program, or dist/exec of a checkout.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Without the flag: the first candidate that is a directory. When there is none: the last candidate, so that messages
 * name a usual place. Throws CkeError `flag_invalid` when the flag names no directory.
 */
export function execDirectory(flag: string | undefined, programPath: string, checkout: string | undefined): string {
  if (flag !== undefined) {
    if (isDirectory(flag)) return flag;
    throw new CkeError("flag_invalid", `-exec_dir: ${flag} is no directory; give the one that holds the executors`);
  }
  const beside = join(dirname(programPath), "exec");
  const candidates = [beside, ...(checkout === undefined ? [] : [join(checkout, "dist", "exec")])];
  return candidates.find(isDirectory) ?? candidates.at(-1) ?? beside;
}

// Where the executors lie: -exec_dir, else exec/ beside this program, else dist/exec of a checkout.
import { statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The first candidate that is a directory; the first one when none is, so that messages name the usual place. */
export function execDirectory(flag: string | undefined, programPath: string, checkout: string | undefined): string {
  if (flag !== undefined) return flag;
  const beside = join(dirname(programPath), "exec");
  const candidates = [beside, ...(checkout === undefined ? [] : [join(checkout, "dist", "exec")])];
  const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return candidates.find(isDirectory) ?? candidates.at(-1) ?? beside;
}

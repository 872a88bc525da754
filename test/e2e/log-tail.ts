// The last words of a program, for a failed test.
import { existsSync, readFileSync } from "node:fs";

/** The last lines of a log file, without those about requests. */
export function tail(file: string, lines = 20): string {
  const all = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return all
    .filter((line) => !line.includes('"request answered"'))
    .slice(-lines)
    .join("\n");
}

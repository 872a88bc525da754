// A probe that only looks for a file: what test(1) answers for one path, without a program. While a node comes up such probes run many
// times a second, and each program costs more than what it looks for.
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import type { ExecCheck } from "@cke/protocol";
import { CheckFailure, type CheckRun } from "./check-run.ts";

const program = "/usr/bin/test";

/** By operator of test(1), https://pubs.opengroup.org/onlinepubs/9799919799/utilities/test.html */
const operators = new Map<string, (found: Stats) => boolean>([
  ["-e", () => true],
  ["-f", (found) => found.isFile()],
  ["-d", (found) => found.isDirectory()],
  ["-S", (found) => found.isSocket()],
]);

/** The run of a command that is such a test of one path; undefined for every other command. */
export function fileCheck({ command, description }: ExecCheck): CheckRun | undefined {
  const [file, operator = "", path = ""] = command;
  const fits = operators.get(operator);
  if (file !== program || command.length !== 3 || fits === undefined || !path.startsWith("/")) return undefined;
  return async () => {
    // As for test(1), a file that cannot be looked at is not there.
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && fits(found)) return;
    const words = description === "" ? "its check fails" : description;
    throw new CheckFailure(words, `test ${operator} ${path} is false`);
  };
}

// The table of what an executor's command line may say.
import { describe, expect, test } from "vitest";
import { type CommandLineOptions, parseCommandLine } from "./command-line.ts";

const options: CommandLineOptions = {
  program: "cke-x-exec",
  help: "does x.",
  flags: [{ name: "cleanup", type: "string", once: true, meaning: "what to remove" }],
};

describe("command line", () => {
  test.each([["-version"], ["--version"], ["-cleanup", "a", "-version"]])("%s answers the version", (...argv) => {
    expect(parseCommandLine(argv, options)).toMatchObject({
      exitCode: 0,
      text: expect.stringMatching(/^cke-x-exec \d/),
    });
  });

  test.each([["-help"], ["--help"], ["-h"]])("%s answers the help", (flag) => {
    expect(parseCommandLine([flag], options)).toMatchObject({ exitCode: 0, text: expect.stringContaining("does x.") });
  });

  test.each([["-cleanup", "a/b"], ["--cleanup", "a/b"], ["-cleanup=a/b"], ["--cleanup=a/b"]])(
    "%s gives a value",
    (...argv) => {
      const parsed = parseCommandLine(argv, options);
      expect(parsed.kind === "run" && parsed.values.get("cleanup")).toBe("a/b");
    },
  );

  test.each<[string[], string]>([
    [["-x"], "unknown flag -x; -help lists the flags"],
    [["-clean", "a"], "unknown flag -clean, did you mean -cleanup?; -help lists the flags"],
    [["run"], 'unexpected argument "run": flags are written -name value or -name=value'],
    [["-cleanup=a", "--cleanup", "b"], "flag -cleanup is given twice"],
    [["-cleanup"], "flag -cleanup needs a value"],
  ])("%s is one line and exit code 2", (argv, words) => {
    expect(parseCommandLine(argv, options)).toEqual({ kind: "answer", exitCode: 2, text: `cke-x-exec: ${words}` });
  });
});

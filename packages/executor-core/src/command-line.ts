// The command line of an executor: hardly any flags, because Mesos' environment says everything. Imports nothing heavy:
// `-version` is answered before the rest of the program is loaded.
import { type FlagRow, parseFlags } from "@cke/foundation/flags";
import { versionLine } from "@cke/foundation/version";

export interface CommandLineOptions {
  readonly program: string;
  /** What it is for, and its own flags and variables. */
  readonly help: string;
  readonly flags?: readonly FlagRow[];
}

export type CommandLine =
  | { readonly kind: "run"; readonly values: ReadonlyMap<string, string> }
  /** Answered: print it (to stderr when the code is not 0) and exit. */
  | { readonly kind: "answer"; readonly text: string; readonly exitCode: number };

const mesosHelp = `
Flags (one dash or two):
  -version   print the version and exit
  -help      print this text and exit
`;

/** Anything unknown is a one-line answer with exit code 2. */
export function parseCommandLine(argv: readonly string[], options: CommandLineOptions): CommandLine {
  const { program, help, flags = [] } = options;
  const outcome = parseFlags({ rows: flags }, argv, {}, ({ text }) => {
    const values = flags.map(({ name }) => [name, text(name)] as const);
    return new Map(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  });
  switch (outcome.kind) {
    case "version":
      return { kind: "answer", text: versionLine(program), exitCode: 0 };
    case "help":
      return { kind: "answer", text: `${program}: ${help.trim()}\n${mesosHelp}`, exitCode: 0 };
    case "refused":
      return { kind: "answer", text: `${program}: ${outcome.message}`, exitCode: 2 };
    case "run":
      return { kind: "run", values: outcome.flags };
  }
}

// The command line of an executor: Go style, hardly any flags, because Mesos' environment says everything. Imports nothing
// heavy: `-version` is answered before the rest of the program is loaded.
import { versionLine } from "@cke/foundation/version";

export interface CommandLineOptions {
  readonly program: string;
  /** What it is for, and its own flags and variables. */
  readonly help: string;
  /** Flags that take a value, without dashes. */
  readonly valueFlags?: readonly string[];
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

/** `-name v`, `-name=v`, `--name v` and `--name=v`; anything unknown is a one-line answer with exit code 2. */
export function parseCommandLine(argv: readonly string[], options: CommandLineOptions): CommandLine {
  const values = new Map<string, string>();
  const wrong = (text: string): CommandLine => ({
    kind: "answer",
    text: `${options.program}: ${text} (see -help)`,
    exitCode: 2,
  });
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? "";
    const [, name, inline] = /^--?([A-Za-z_][\w-]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    if (name === undefined) return wrong(`unexpected argument "${argument}"`);
    if (name === "version") return { kind: "answer", text: versionLine(options.program), exitCode: 0 };
    if (name === "help" || name === "h") {
      return { kind: "answer", text: `${options.program}: ${options.help.trim()}\n${mesosHelp}`, exitCode: 0 };
    }
    if (!options.valueFlags?.includes(name)) return wrong(`unknown flag -${name}`);
    if (inline === undefined) index += 1;
    const value = inline ?? argv[index];
    if (value === undefined) return wrong(`flag -${name} needs a value`);
    if (values.has(name)) return wrong(`flag -${name} is given twice`);
    values.set(name, value);
  }
  return { kind: "run", values };
}

// Command line of the wrapper, in the style of Go's flag package: -name v, -name=v, --name v and --name=v.
// Kept free of imports: -version and -help must answer without loading anything else.

export interface Flags {
  readonly socket: string;
  readonly outputDirectory: string;
  readonly stateDirectory: string;
  readonly logLevel: "error" | "warning" | "info" | "debug";
  /** Parent of the processes' cgroups, relative to the root of each hierarchy. */
  readonly cgroup: string;
  /** How long SIGTERM may take to stop every process. */
  readonly stopTimeoutMs: number;
}

export type ParsedFlags =
  | { readonly kind: "run"; readonly flags: Flags }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | { readonly kind: "error"; readonly message: string };

interface FlagRow {
  readonly name: string;
  readonly environment: string;
  readonly fallback: string;
  readonly help: string;
  readonly check: (value: string) => string | undefined;
}

const absolute = (value: string) => (value.startsWith("/") ? undefined : "must be an absolute path");
const logLevels = ["error", "warning", "info", "debug"] as const;

const table: readonly FlagRow[] = [
  {
    name: "socket",
    environment: "CKE_WRAPPER_SOCKET",
    fallback: "/run/cke-wrapper/wrapper.sock",
    help: "UNIX socket to serve",
    // sockaddr_un has 108 bytes with the final zero, unix(7).
    check: (value) => absolute(value) ?? (Buffer.byteLength(value) > 107 ? "must not exceed 107 bytes" : undefined),
  },
  {
    name: "output_dir",
    environment: "CKE_WRAPPER_OUTPUT_DIR",
    fallback: "/var/log/cke",
    help: "directory of the processes' output: <output_dir>/<name>/{stdout,stderr}[.N]",
    check: absolute,
  },
  {
    name: "state_dir",
    environment: "CKE_WRAPPER_STATE_DIR",
    fallback: "/run/cke/wrapper",
    help: "directory of wrapper.json, which says which wrapper runs here",
    check: absolute,
  },
  {
    name: "log_level",
    environment: "CKE_WRAPPER_LOG_LEVEL",
    fallback: "info",
    help: "error, warning, info or debug",
    check: (value) =>
      logLevels.some((level) => level === value) ? undefined : "must be error, warning, info or debug",
  },
  {
    name: "cgroup",
    environment: "CKE_WRAPPER_CGROUP",
    fallback: "/cke",
    help: "parent cgroup of the processes, in every hierarchy",
    check: (value) =>
      /^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/.test(value)
        ? undefined
        : "must be a path like /cke of letters, digits, '_', '.' and '-'",
  },
  {
    name: "stop_timeout",
    environment: "CKE_WRAPPER_STOP_TIMEOUT",
    fallback: "25s",
    help: "bound of the orderly stop of all processes after SIGTERM, like 25s or 1500ms",
    check: (value) => (parseDuration(value) === undefined ? "must be a duration like 25s or 1500ms" : undefined),
  },
];

/** Milliseconds of "25s", "1500ms" or "2m"; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] === "ms" ? 1 : match[2] === "s" ? 1000 : 60_000;
  return Number(match[1]) * unit;
}

/** Reads the arguments over the environment over the defaults. Never throws: a bad flag is a one-line message. */
export function parseFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedFlags {
  const given = new Map<string, string>();
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    const match = /^--?([a-z][a-z_]*)(?:=(.*))?$/s.exec(arg);
    if (match === null) return { kind: "error", message: `unexpected argument: ${arg}` };
    const [, name = "", inline] = match;
    if (name === "help" || name === "h") return { kind: "help", text: helpText() };
    if (name === "version") return { kind: "version" };
    if (!table.some((row) => row.name === name))
      return { kind: "error", message: `flag provided but not defined: -${name}` };
    const value = inline ?? args[index + 1];
    if (value === undefined) return { kind: "error", message: `flag needs an argument: -${name}` };
    if (inline === undefined) index += 1;
    given.set(name, value);
  }
  const values = new Map<string, string>();
  for (const row of table) {
    const fromEnvironment = environment[row.environment];
    const value = given.get(row.name) ?? (fromEnvironment || row.fallback);
    const problem = row.check(value);
    if (problem !== undefined) {
      const source = given.has(row.name) ? `flag -${row.name}` : `environment variable ${row.environment}`;
      return { kind: "error", message: `invalid value "${value}" for ${source}: ${problem}` };
    }
    values.set(row.name, value);
  }
  const value = (name: string) => values.get(name) ?? "";
  return {
    kind: "run",
    flags: {
      socket: value("socket"),
      outputDirectory: value("output_dir"),
      stateDirectory: value("state_dir"),
      logLevel: logLevels.find((level) => level === value("log_level")) ?? "info",
      cgroup: value("cgroup"),
      stopTimeoutMs: parseDuration(value("stop_timeout")) ?? 25_000,
    },
  };
}

function helpText(): string {
  const rows = table.map(
    (row) => `  -${row.name} value\n        ${row.help} (default ${row.fallback}; environment ${row.environment})\n`,
  );
  return [
    "cke-wrapper starts, watches, limits and stops the processes of a KubeNode.\n\nUsage of cke-wrapper:\n",
    ...rows,
    "  -version\n        print the version and exit\n  -help\n        print this text and exit\n",
  ].join("");
}

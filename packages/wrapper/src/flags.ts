// The table of the wrapper's flags and what the program gets of them.
// Imports hardly anything: -version and -help must answer without loading anything else.
import {
  type Environment,
  type FlagOutcome,
  type FlagRow,
  type FlagTable,
  flagLines,
  parseFlags as parse,
} from "@cke/foundation/flags";
import { type LogLevel, parseLogLevel } from "@cke/foundation/log-level";

export interface Flags {
  readonly socket: string;
  readonly outputDirectory: string;
  readonly stateDirectory: string;
  readonly logLevel: LogLevel;
  /** Parent of the processes' cgroups, relative to the root of each hierarchy. */
  readonly cgroup: string;
  /** How long SIGTERM may take to stop every process. */
  readonly stopTimeoutMs: number;
}

const isAbsolute = (value: string) => value.startsWith("/");

const rows = [
  {
    name: "socket",
    type: "string",
    default: "/run/cke-wrapper/wrapper.sock",
    meaning: "UNIX socket to serve",
    allowed: "an absolute path of at most 107 bytes",
    // sockaddr_un has 108 bytes with the final zero, unix(7).
    accepts: (value) => isAbsolute(value) && Buffer.byteLength(value) <= 107,
  },
  {
    name: "output_dir",
    type: "string",
    default: "/var/log/cke",
    meaning: "directory of the processes' output: <output_dir>/<name>/{stdout,stderr}[.N]",
    allowed: "an absolute path",
    accepts: isAbsolute,
  },
  {
    name: "state_dir",
    type: "string",
    default: "/run/cke/wrapper",
    meaning: "directory of wrapper.json, which says which wrapper runs here",
    allowed: "an absolute path",
    accepts: isAbsolute,
  },
  {
    name: "log_level",
    type: "string",
    default: "info",
    meaning: "error, warning, info or debug",
    allowed: "error, warning, info or debug",
    accepts: (value) => parseLogLevel(value) !== undefined,
  },
  {
    name: "cgroup",
    type: "string",
    default: "/cke",
    meaning: "parent cgroup of the processes, in every hierarchy",
    allowed: "a path like /cke of letters, digits, '_', '.' and '-'",
    accepts: (value) => /^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/.test(value),
  },
  {
    name: "stop_timeout",
    type: "string",
    default: "25s",
    meaning: "bound of the orderly stop of all processes after SIGTERM, like 25s or 1500ms",
    allowed: "a duration like 25s or 1500ms",
    accepts: (value) => parseDuration(value) !== undefined,
  },
] as const satisfies readonly FlagRow[];

const table: FlagTable<(typeof rows)[number]> = {
  rows,
  environmentName: (flag) => `CKE_WRAPPER_${flag.toUpperCase()}`,
};

/** Milliseconds of "25s", "1500ms" or "2m"; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] === "ms" ? 1 : match[2] === "s" ? 1000 : 60_000;
  return Number(match[1]) * unit;
}

/** Reads the arguments over the environment over the defaults. Never throws: a bad flag is a one-line message. */
export function parseFlags(args: readonly string[], environment: Environment): FlagOutcome<Flags> {
  return parse(table, args, environment, ({ required }) => ({
    socket: required("socket"),
    outputDirectory: required("output_dir"),
    stateDirectory: required("state_dir"),
    logLevel: parseLogLevel(required("log_level")) ?? "info",
    cgroup: required("cgroup"),
    stopTimeoutMs: parseDuration(required("stop_timeout")) ?? 25_000,
  }));
}

/** The text of -help. */
export function helpText(): string {
  return `cke-wrapper starts, watches, limits and stops the processes of a KubeNode.

Usage of cke-wrapper:
${flagLines(table, { withEnvironment: true })}`;
}

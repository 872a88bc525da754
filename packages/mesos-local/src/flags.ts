// The table of the cke-mesos-local program's flags and what the program gets of them.
import { CkeError } from "@cke/foundation/cke-error";
import { type FlagReader, type FlagRow, type FlagTable, flagLines, parseFlags as parse } from "@cke/foundation/flags";
import { type LogLevel, parseLogLevel } from "@cke/foundation/log-level";
import { isListenAddress } from "./http/listen-address.ts";
import type { Realm } from "./master/http/authentication.ts";

export interface Flags {
  readonly listen: string;
  readonly agents: number;
  readonly hostnames: readonly string[];
  readonly resources: string;
  readonly attributes: string;
  readonly workDir: string;
  readonly mode: "all" | "master" | "agent";
  readonly master: string;
  readonly agentPort: number;
  /** Agents in memory instead of real ones; 0: none. */
  readonly simulatedAgents: number;
  /** Executors use a UNIX socket of the agent. */
  readonly executorDomainSocket: boolean;
  /** Executors must show a token. */
  readonly authenticateExecutors: boolean;
  /** The realms of the master that authenticate, and the file of principals and secrets. */
  readonly authentication?: { readonly realms: ReadonlySet<Realm>; readonly credentialsFile: string };
  readonly logLevel: LogLevel;
}

const anyText = () => true;
const isCount = (text: string) => /^\d{1,5}$/.test(text);
const modes = ["all", "master", "agent"] as const;
const address = { allowed: "host or host:port, with a port up to 65535", accepts: isListenAddress } as const;
const count = { type: "int", allowed: "a whole number, 0 to 99999", accepts: isCount } as const;
const off = { type: "bool", default: "false" } as const;

const rows = [
  {
    name: "listen",
    type: "string",
    default: "127.0.0.1:5050",
    meaning: "address of the master; agents listen on the same host",
    ...address,
  },
  { name: "agents", default: "1", meaning: "number of agents", ...count },
  {
    name: "hostname",
    type: "string",
    default: "",
    meaning: "names of the agents' hosts, separated by commas; without it: the listen address",
    accepts: anyText,
  },
  {
    name: "resources",
    type: "string",
    default: "cpus:8;mem:16384;disk:100000;ports:[31000-35000]",
    meaning: "resources of every agent; cpus, mem, disk or ports that are not named are the host's",
    accepts: anyText,
  },
  {
    name: "attributes",
    type: "string",
    default: "",
    meaning: "attributes of every agent, for example rack:r1;zone:z1",
    accepts: anyText,
  },
  {
    name: "work_dir",
    type: "string",
    default: "/var/lib/cke-mesos-local",
    meaning: "absolute directory for all state and sandboxes",
    allowed: "an absolute path",
    accepts: (text) => text.startsWith("/"),
  },
  {
    name: "mode",
    type: "string",
    default: "all",
    meaning: "all, master, or agent (agents only, of the master given by -master)",
    allowed: "all, master or agent",
    accepts: (text) => modes.some((mode) => mode === text),
  },
  {
    name: "master",
    type: "string",
    default: "127.0.0.1:5050",
    meaning: "master to register with in mode agent",
    ...address,
  },
  {
    name: "agent_port",
    default: "0",
    meaning: "port of the first agent, the next ones follow; 0: kept from the last run",
    ...count,
  },
  {
    name: "simulated_agents",
    default: "0",
    meaning:
      "that many agents in memory, whose executors only pretend, instead of real ones; -resources is of each of them",
    ...count,
  },
  { name: "executor_domain_socket", meaning: "true: executors reach their agent over a UNIX socket", ...off },
  {
    name: "authenticate_executors",
    meaning: "true: executors must show the token that their agent gives them",
    ...off,
  },
  {
    name: "authenticate_http_frameworks",
    meaning: "true: the scheduler API asks for a principal and its secret",
    ...off,
  },
  { name: "authenticate_http_readonly", meaning: "true: so do the master's endpoints that only look", ...off },
  {
    name: "authenticate_http_readwrite",
    meaning: "true: so do those that change something, and all of /api/v1",
    ...off,
  },
  {
    name: "credentials",
    type: "string",
    default: "",
    meaning:
      'file of the principals that may: {"credentials": [{"principal", "secret"}]}, or one and its secret a line',
    accepts: anyText,
  },
  {
    name: "log_level",
    type: "string",
    default: "info",
    meaning: "error, warning, info or debug",
    allowed: "error, warning, info or debug",
    accepts: (text) => parseLogLevel(text) !== undefined,
  },
] as const satisfies readonly FlagRow[];

type Row = (typeof rows)[number];
const table: FlagTable<Row> = { rows, boolTakesWord: true };

const invalid = (message: string) => new CkeError("invalid_flag", message, { status: 400 });

/** The text of -help. */
export function usage(): string {
  return `Usage of cke-mesos-local (a development and test engine, not for production):\n${flagLines(table)}`;
}

/** Parses a command line; "help" or "version" when that is asked for. Throws CkeError `invalid_flag`. */
export function parseFlags(args: readonly string[]): Flags | "help" | "version" {
  const outcome = parse(table, args, {}, flagsOf);
  if (outcome.kind === "refused") throw invalid(outcome.message);
  return outcome.kind === "run" ? outcome.flags : outcome.kind;
}

function flagsOf(read: FlagReader<Row>): Flags {
  const { required, int, bool } = read;
  const mode = modes.find((known) => known === required("mode")) ?? "all";
  if (mode !== "all" && int("simulated_agents") > 0)
    throw invalid("-simulated_agents needs -mode all: their master is in the same process");
  const authentication = authenticationOf(read);
  const hostnames = required("hostname")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return {
    listen: required("listen"),
    agents: Math.max(int("agents"), hostnames.length),
    hostnames,
    resources: required("resources"),
    attributes: required("attributes"),
    workDir: required("work_dir"),
    mode,
    master: required("master"),
    agentPort: int("agent_port"),
    simulatedAgents: int("simulated_agents"),
    executorDomainSocket: bool("executor_domain_socket"),
    authenticateExecutors: bool("authenticate_executors"),
    ...(authentication === undefined ? {} : { authentication }),
    logLevel: parseLogLevel(required("log_level")) ?? "info",
  };
}

const realmFlags = {
  scheduler: "authenticate_http_frameworks",
  readonly: "authenticate_http_readonly",
  readwrite: "authenticate_http_readwrite",
} as const satisfies Readonly<Record<Realm, string>>;

function authenticationOf({ required, bool }: FlagReader<Row>): Flags["authentication"] {
  const all = ["scheduler", "readonly", "readwrite"] as const;
  const realms = new Set(all.filter((realm) => bool(realmFlags[realm])));
  if (realms.size === 0) return undefined;
  if (required("credentials") === "") throw invalid("-authenticate_http_… needs -credentials, the file of who may");
  return { realms, credentialsFile: required("credentials") };
}

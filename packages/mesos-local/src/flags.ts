// Flags of the cke-mesos-local program, in Go's style: -name value, -name=value, one dash or two.
import { CkeError } from "@cke/foundation/cke-error";
import { type LogLevel, parseLogLevel } from "@cke/foundation/log-level";
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
  /** Whom the master asks for a principal and a secret, and the file of who there is. */
  readonly authentication?: { readonly realms: ReadonlySet<Realm>; readonly credentialsFile: string };
  readonly logLevel: LogLevel;
}

interface Flag {
  readonly value: string;
  readonly usage: string;
}

const table: Readonly<Record<string, Flag>> = {
  listen: { value: "127.0.0.1:5050", usage: "address of the master; agents listen on the same host" },
  agents: { value: "1", usage: "number of agents" },
  hostname: { value: "", usage: "names of the agents' hosts, separated by commas; default: the listen address" },
  resources: {
    value: "cpus:8;mem:16384;disk:100000;ports:[31000-35000]",
    usage: "resources of every agent; cpus, mem, disk or ports that are not named are the host's",
  },
  attributes: { value: "", usage: "attributes of every agent, for example rack:r1;zone:z1" },
  work_dir: { value: "/var/lib/cke-mesos-local", usage: "absolute directory for all state and sandboxes" },
  mode: { value: "all", usage: "all, master, or agent (agents only, of the master given by -master)" },
  master: { value: "127.0.0.1:5050", usage: "master to register with in mode agent" },
  agent_port: { value: "0", usage: "port of the first agent, the next ones follow; 0: kept from the last run" },
  simulated_agents: {
    value: "0",
    usage:
      "that many agents in memory, whose executors only pretend, instead of real ones; -resources is of each of them",
  },
  executor_domain_socket: { value: "false", usage: "true: executors reach their agent over a UNIX socket" },
  authenticate_executors: { value: "false", usage: "true: executors must show the token that their agent gives them" },
  authenticate_http_frameworks: {
    value: "false",
    usage: "true: the scheduler API asks for a principal and its secret",
  },
  authenticate_http_readonly: { value: "false", usage: "true: so do the master's endpoints that only look" },
  authenticate_http_readwrite: { value: "false", usage: "true: so do those that change something, and all of /api/v1" },
  credentials: {
    value: "",
    usage: 'file of the principals that may: {"credentials": [{"principal", "secret"}]}, or one and its secret a line',
  },
  log_level: { value: "info", usage: "error, warning, info or debug" },
};

const invalid = (message: string) => new CkeError("invalid_flag", message, { status: 400 });

/** The text of -help. */
export function usage(): string {
  const lines = Object.entries(table).map(
    ([name, { value, usage: text }]) => `  -${name}\n        ${text}${value === "" ? "" : ` (default "${value}")`}`,
  );
  return `Usage of cke-mesos-local (a development and test engine, not for production):\n${lines.join("\n")}\n`;
}

/** Parses a command line; "help" or "version" when that is asked for. Throws CkeError `invalid_flag`. */
export function parseFlags(args: readonly string[]): Flags | "help" | "version" {
  const values = new Map(Object.entries(table).map(([name, { value }]) => [name, value]));
  for (let index = 0; index < args.length; index += 1) {
    const match = /^--?([a-z_]+)(?:=(.*))?$/s.exec(args[index] ?? "");
    const name = match?.[1];
    if (name === undefined) throw invalid(`"${args[index]}" is not a flag; try -help`);
    if (name === "help" || name === "h") return "help";
    if (name === "version") return "version";
    if (!values.has(name)) throw invalid(`flag -${name} does not exist; try -help`);
    // As in Mesos, a flag that is true or false may stand alone.
    const alone = isSwitch(name) && !/^(true|false)$/.test(args[index + 1] ?? "");
    const value = match?.[2] ?? (alone ? "true" : args[++index]);
    if (value === undefined) throw invalid(`flag -${name} needs a value`);
    values.set(name, value);
  }
  const text = (name: string) => values.get(name) ?? "";
  const mode = (["all", "master", "agent"] as const).find((known) => known === text("mode"));
  if (mode === undefined) throw invalid("-mode should be all, master or agent");
  const logLevel = parseLogLevel(text("log_level"));
  if (logLevel === undefined) throw invalid("-log_level should be error, warning, info or debug");
  for (const name of ["listen", "master"])
    if (!isAddress(text(name))) throw invalid(`-${name} should be host:port, with a port up to 65535`);
  if (mode !== "all" && count("simulated_agents", text("simulated_agents")) > 0)
    throw invalid("-simulated_agents needs -mode all: their master is in the same process");
  if (!text("work_dir").startsWith("/")) throw invalid("-work_dir should be an absolute path");
  const authentication = authenticationOf(text);
  const hostnames = text("hostname")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return {
    listen: text("listen"),
    agents: Math.max(count("agents", text("agents")), hostnames.length),
    hostnames,
    resources: text("resources"),
    attributes: text("attributes"),
    workDir: text("work_dir"),
    mode,
    master: text("master"),
    agentPort: count("agent_port", text("agent_port")),
    simulatedAgents: count("simulated_agents", text("simulated_agents")),
    executorDomainSocket: truth("executor_domain_socket", text("executor_domain_socket")),
    authenticateExecutors: truth("authenticate_executors", text("authenticate_executors")),
    ...(authentication === undefined ? {} : { authentication }),
    logLevel,
  };
}

/** What `splitAddress` understands: the port may be missing. */
function isAddress(text: string): boolean {
  const match = /^[^\s:/]+(?::(\d{1,5}))?$/.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
}

const isSwitch = (name: string) => /^(true|false)$/.test(table[name]?.value ?? "");

const realmFlags: Readonly<Record<Realm, string>> = {
  scheduler: "authenticate_http_frameworks",
  readonly: "authenticate_http_readonly",
  readwrite: "authenticate_http_readwrite",
};

function authenticationOf(text: (name: string) => string): Flags["authentication"] {
  const all = ["scheduler", "readonly", "readwrite"] as const;
  const realms = new Set(all.filter((realm) => truth(realmFlags[realm], text(realmFlags[realm]))));
  if (realms.size === 0) return undefined;
  if (text("credentials") === "") throw invalid("-authenticate_http_… needs -credentials, the file of who may");
  return { realms, credentialsFile: text("credentials") };
}

function truth(name: string, value: string): boolean {
  if (value !== "true" && value !== "false") throw invalid(`-${name} should be true or false`);
  return value === "true";
}

function count(name: string, value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw invalid(`-${name} should be a number`);
  return Number(value);
}

// Parsing of the command line and the environment by the flag table, in the manner of Go's flag package:
// -name v, -name=v, --name v, --name=v; a bool needs no value. The command line wins over CKE_<NAME>, which wins over
// the default. Pure: no I/O, no exit; a refusal is one line that names the flag and what is allowed.
import { type FlagName, type FlagRow, flagTable } from "./flags-table.ts";

type Row = (typeof flagTable)[number];
type ValueOf<R extends Row> = R["type"] extends "int"
  ? number
  : R["type"] extends "bool"
    ? boolean
    : R extends { readonly default: string; readonly environmentLookup?: never }
      ? string
      : string | undefined;

/** Values by flag name; undefined where a flag is not set and has no default. */
export type Flags = { readonly [R in Row as R["name"]]: ValueOf<R> };

export interface ParsedFlags {
  readonly values: Flags;
  /** Flags that were set on the command line or in the environment. */
  readonly given: ReadonlySet<FlagName>;
}

export type FlagOutcome =
  | { readonly kind: "run"; readonly flags: ParsedFlags }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "refused"; readonly message: string };

type Environment = Readonly<Record<string, string | undefined>>;

class RefusedFlag extends Error {}

const rows: readonly FlagRow[] = flagTable;
const byName = new Map<string, FlagRow>(
  rows.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row])),
);
/** Default of -listen for -master local, which is for this host alone. */
const localListen = "127.0.0.1:8512";
const helpNames = new Set(["help", "h"]);
const versionNames = new Set(["version", "v"]);
const truths: Readonly<Record<string, boolean>> = {
  "1": true,
  t: true,
  true: true,
  "0": false,
  f: false,
  false: false,
};

/** Name of the environment variable of a flag. */
export function environmentName(flag: string): string {
  return `CKE_${flag.toUpperCase()}`;
}

/** Parses the arguments after the program's name. */
export function parseFlags(argv: readonly string[], environment: Environment): FlagOutcome {
  try {
    const given = new Map<string, { readonly text: string; readonly shown: string }>();
    for (let index = 0; index < argv.length; index += 1) {
      const argument = argv[index] ?? "";
      const match = /^--?([^-=][^=]*)(=([\s\S]*))?$/.exec(argument);
      if (match === null)
        throw new RefusedFlag(`unexpected argument "${argument}": flags are written -name value or -name=value`);
      const [, name = "", assigned, inline] = match;
      if (assigned === undefined && helpNames.has(name)) return { kind: "help" };
      if (assigned === undefined && versionNames.has(name)) return { kind: "version" };
      const row = byName.get(name);
      if (row === undefined) throw new RefusedFlag(`unknown flag -${name}${nearest(name)}; -help lists the flags`);
      if (inline !== undefined) given.set(row.name, { text: inline, shown: `-${name}` });
      else if (row.type === "bool") given.set(row.name, { text: "true", shown: `-${name}` });
      else {
        index += 1;
        const text = argv[index];
        if (text === undefined) throw new RefusedFlag(`flag -${name} needs a value${allowed(row)}`);
        given.set(row.name, { text, shown: `-${name}` });
      }
    }
    for (const row of rows) {
      if (given.has(row.name)) continue;
      for (const name of [row.name, ...(row.aliases ?? [])].map(environmentName)) {
        const text = environment[name];
        // An empty variable counts as not set: container definitions often pass one through that way.
        if (text !== undefined && text !== "") given.set(row.name, { text, shown: `${name} (flag -${row.name})` });
      }
    }
    return { kind: "run", flags: compile(given, environment) };
  } catch (error) {
    if (error instanceof RefusedFlag) return { kind: "refused", message: error.message };
    throw error;
  }
}

function compile(
  given: ReadonlyMap<string, { readonly text: string; readonly shown: string }>,
  environment: Environment,
): ParsedFlags {
  const text = (name: FlagName): string | undefined => {
    const row = byName.get(name);
    if (row === undefined) throw new TypeError(`flag ${name} is not in the table`);
    const set = given.get(name);
    if (set !== undefined) return check(row, set.shown, lookUp(row, set.shown, set.text, environment));
    if (row.environmentLookup !== true || row.default === undefined) return row.default;
    const looked = environment[row.default.slice(1)];
    return looked === undefined || looked === "" ? undefined : check(row, row.default, looked);
  };
  const required = (name: FlagName) => text(name) ?? "";
  const int = (name: FlagName) => Number(required(name));
  // Listening for this host alone, it is asked under that address, whatever name the environment gives the host.
  const forThisHost = text("master") === "local" && !given.has("listen");
  const bool = (name: FlagName) => truths[required(name).toLowerCase()] === true;
  const values: Flags = {
    storage_type: required("storage_type"),
    storage_servers: text("storage_servers"),
    storage_prefix: text("storage_prefix"),
    storage_ca_file: text("storage_ca_file"),
    storage_cert_file: text("storage_cert_file"),
    storage_key_file: text("storage_key_file"),
    storage_user: text("storage_user"),
    storage_password_file: text("storage_password_file"),
    leader_ttl: int("leader_ttl"),
    listen: forThisHost ? localListen : required("listen"),
    master: text("master"),
    name: required("name"),
    roles: required("roles"),
    service_host: forThisHost && !given.has("service_host") ? undefined : text("service_host"),
    service_port: text("service_port"),
    failover: int("failover"),
    partition_grace: int("partition_grace"),
    log_level: required("log_level"),
    framework_url: text("framework_url"),
    executor_url: text("executor_url"),
    k8s_cfs: bool("k8s_cfs"),
    k8s_docker_path: text("k8s_docker_path"),
    k8s_executor: required("k8s_executor"),
    k8s_lxcfs: text("k8s_lxcfs"),
    k8s_image_path: required("k8s_image_path"),
    k8s_local_versions: text("k8s_local_versions"),
    k8s_config: required("k8s_config"),
    k8s_registry: required("k8s_registry"),
    k8s_registry_cert: required("k8s_registry_cert"),
    k8s_spider_lb_endpoint: text("k8s_spider_lb_endpoint"),
    vm_executor: required("vm_executor"),
    exec_dir: text("exec_dir"),
    allowed_hosts: text("allowed_hosts"),
    mesos_user: required("mesos_user"),
    mesos_principal: text("mesos_principal"),
    mesos_secret_file: text("mesos_secret_file"),
    mesos_ca_file: text("mesos_ca_file"),
    mesos_cert_file: text("mesos_cert_file"),
    mesos_key_file: text("mesos_key_file"),
    drain_timeout: int("drain_timeout"),
    local_agents: int("local_agents"),
    local_hostname: text("local_hostname"),
    local_resources: text("local_resources"),
    local_attributes: text("local_attributes"),
    local_work_dir: text("local_work_dir"),
    local_master_listen: required("local_master_listen"),
  };
  const isName = (name: string): name is FlagName => name in values;
  return { values, given: new Set([...given.keys()].filter(isName)) };
}

function lookUp(row: FlagRow, shown: string, text: string, environment: Environment): string {
  if (row.environmentLookup !== true || !text.startsWith("$")) return text;
  const value = environment[text.slice(1)];
  if (value === undefined || value === "") {
    throw new RefusedFlag(`${shown}: the environment variable ${text} is not set${allowed(row)}`);
  }
  return value;
}

function check(row: FlagRow, shown: string, text: string): string {
  const fits = row.type === "bool" ? Object.hasOwn(truths, text.toLowerCase()) : (row.accepts?.(text) ?? text !== "");
  if (fits) return text;
  throw new RefusedFlag(`${shown}: bad value "${text}"${allowed(row)}`);
}

function allowed(row: FlagRow): string {
  const words = row.type === "bool" ? "true or false" : row.allowed;
  return words === undefined ? "" : `: allowed is ${words}`;
}

/** ", did you mean -listen?" for a name at most two edits away from a flag's. */
function nearest(name: string): string {
  const candidates = [...byName.keys()].map((flag) => ({ flag, distance: editDistance(name, flag) }));
  const best = candidates.toSorted((one, other) => one.distance - other.distance)[0];
  return best !== undefined && best.distance <= 2 ? `, did you mean -${best.flag}?` : "";
}

function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

// Every flag of cke-scheduler, one row each: this table drives parsing, -help, the environment names and the docs.
// Rows up to vm_executor are the interface that operators know; those after it are ours.
import type { FlagRow } from "@cke/foundation/flags";
import {
  isBaseUrl,
  isDuration,
  isHostList,
  isHostPort,
  isHttpUrl,
  isMaster,
  isPort,
  isReachableHost,
  isWholeNumber,
  levels,
} from "./flags-values.ts";
import { kubernetesFlags } from "./kubernetes-flags.ts";
import { localMesosFlags } from "./local-mesos-flags.ts";
import { storageFlags } from "./storage-flags.ts";
import { vmFlags } from "./vm-flags.ts";

export const flagTable = [
  ...storageFlags,
  {
    name: "listen",
    type: "string",
    default: "0.0.0.0:8512",
    meaning:
      "address of the REST API, which has no authentication; port 0 takes a free one; with -master local the default is 127.0.0.1:8512",
    allowed: "host:port, e.g. 0.0.0.0:8512",
    accepts: isHostPort,
  },
  {
    name: "master",
    type: "string",
    meaning: "Mesos master: host:port, a comma list, zk://h1:2181,h2:2181/mesos, or local for the embedded one",
    allowed: "host:port, a comma list of them, zk://host:port/path, or local",
    accepts: isMaster,
  },
  {
    name: "name",
    type: "string",
    default: "cke-framework",
    meaning: "framework name in Mesos",
    allowed: "1 to 128 characters without spaces",
    accepts: (text) => /^\S{1,128}$/.test(text),
  },
  {
    name: "roles",
    type: "string",
    default: "*",
    meaning: "comma list of Mesos roles",
    allowed: "a comma list of role names (no spaces, not empty, none beginning with -)",
    accepts: (text) => text.split(",").every((role) => /^[^\s-][^\s]*$/.test(role.trim())),
  },
  {
    name: "service_host",
    type: "string",
    default: "$HOST",
    environmentLookup: true,
    meaning:
      "address that others reach this scheduler at; without it and $HOST: this host's first non-loopback address",
    allowed: "a host name or an IP address that others can reach, not 0.0.0.0",
    accepts: isReachableHost,
  },
  {
    name: "service_port",
    type: "string",
    default: "$PORT",
    environmentLookup: true,
    meaning: "port that others reach this scheduler at; without it and $PORT: the port of -listen",
    allowed: "a port number, 1 to 65535",
    accepts: (text) => isPort(text) && Number(text) > 0,
  },
  {
    name: "failover",
    type: "int",
    default: "86000",
    meaning: "seconds that the Mesos master keeps the framework's tasks while the scheduler is away",
    allowed: "a whole number of seconds, 0 to 999999999",
    accepts: isWholeNumber,
  },
  {
    name: "log_level",
    type: "string",
    default: "INFO",
    meaning: "error, warning, info or debug, in any case",
    allowed: "error, warning, info or debug",
    accepts: (text) => levels.includes(text.toLowerCase()),
  },
  {
    name: "framework_url",
    type: "string",
    meaning: "web UI URL registered in Mesos; without it: this scheduler's help page",
    allowed: "an http:// or https:// URL",
    accepts: isHttpUrl,
  },
  {
    name: "executor_url",
    type: "string",
    meaning: "base URL of executor downloads, <base>/exec/<name>; without it: http://service_host:service_port",
    allowed: "an http:// or https:// URL, or host:port",
    accepts: isBaseUrl,
  },
  ...kubernetesFlags,
  ...vmFlags,
  {
    name: "exec_dir",
    type: "string",
    meaning:
      "directory of the executors for download; without it: exec/ beside this program, or dist/exec in a checkout",
  },
  {
    name: "allowed_hosts",
    type: "string",
    meaning:
      "comma list of further host names or addresses that clients may use in URLs of the API, e.g. those of a load balancer; its own are always allowed, any other is 421",
    allowed: "a comma list of host names and IP addresses, without ports",
    accepts: isHostList,
  },
  {
    name: "mesos_user",
    type: "string",
    default: "root",
    meaning: "operating-system user that agents run executors as",
  },
  { name: "mesos_principal", type: "string", meaning: "principal for authentication at the Mesos master" },
  {
    name: "mesos_secret_file",
    type: "string",
    meaning: "file with that principal's secret (a file, so that the secret is in no process list)",
  },
  {
    name: "mesos_ca_file",
    aliases: ["mesos_ca"],
    type: "string",
    meaning:
      "PEM file of the authorities to trust for https:// masters; with it, masters found through zk:// are spoken to over https",
  },
  {
    name: "mesos_cert_file",
    type: "string",
    meaning: "PEM file of this scheduler's own certificate, for https:// masters that ask for one",
  },
  { name: "mesos_key_file", type: "string", meaning: "PEM file of that certificate's private key" },
  {
    name: "partition_grace",
    type: "int",
    default: "600",
    meaning:
      "seconds that the agent of a node or console may be out of reach before it is launched elsewhere; 0: never (masters never are)",
    allowed: "a whole number of seconds",
    accepts: isWholeNumber,
  },
  {
    name: "console_idle",
    type: "string",
    default: "30m",
    meaning: "time after which a web terminal is closed when nothing is typed in it and nothing comes from it",
    allowed: "a duration of at least a second, e.g. 30m, 1h30m or 45s",
    accepts: isDuration,
  },
  {
    name: "drain_timeout",
    type: "int",
    default: "10",
    meaning: "seconds that a stopping scheduler lets running requests finish",
    allowed: "a whole number of seconds",
    accepts: isWholeNumber,
  },
  ...localMesosFlags,
] as const satisfies readonly FlagRow[];

/** Name of the environment variable of a flag. */
export function environmentName(flag: string): string {
  return `CKE_${flag.toUpperCase()}`;
}

export type Row = (typeof flagTable)[number];
export type FlagName = Row["name"];

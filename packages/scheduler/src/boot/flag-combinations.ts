// Flags that are right each by itself and wrong together, or wrong in a way that only their own parser finds. Looks at
// nothing but the flags, so a mistake is told before anything is started. Throws CkeError `flag_missing` or
// `flag_invalid`; with these the program ends with exit code 2.
import { CkeError, messageOf } from "@cke/foundation";
import { type MasterAddress, parseMasterAddress } from "@cke/mesos";
import { unreachableServer } from "@cke/mesos/master-detection";
import { parseListen } from "../api/listen-address.ts";
import type { Flags, ParsedFlags } from "../flags/flags.ts";
import type { FlagName } from "../flags/flags-table.ts";
import { storageOptions } from "../flags/storage-options.ts";
import { checkStorageFlags } from "../store/storage-settings.ts";
import { checkAgentFlags } from "./embedded-mesos.ts";
import { checkMesosAccess } from "./mesos-access.ts";

/** The value of -master, which every start needs. */
export async function checkFlagCombinations({ values: flags, given }: ParsedFlags): Promise<string> {
  if (flags.master === undefined) {
    throw missing("-master is missing: give host:port of the Mesos master, zk://host:port/path, or local");
  }
  checkMesosAccess(flags);
  checkStorageFlags(storageOptions(flags));
  if (given.has("k8s_registry_cert") && flags.k8s_registry_cert !== "" && flags.k8s_registry === "") {
    throw wrong("-k8s_registry_cert needs -k8s_registry: the certificate is that of a registry");
  }
  if (flags.master === "local") await checkLocal(flags);
  else checkRemote(flags.master, flags, given);
  return flags.master;
}

/** What only the configurations tell: -k8s_local_versions names versions as their cke.conf files do. */
export function checkLocalVersions(localVersions: readonly string[], configured: readonly string[]): void {
  const unknown = localVersions.filter((version) => !configured.includes(version));
  if (unknown.length === 0) return;
  const words = `there is no cke.conf of ${unknown.join(", ")}; versions are named as in cke.conf-<version>.yaml`;
  throw wrong(`-k8s_local_versions: ${words}: ${configured.join(", ")}`);
}

/** -master local, and what goes only with it. */
async function checkLocal(flags: Flags): Promise<void> {
  const tls = tlsFlags.find((name) => flags[name] !== undefined);
  if (tls !== undefined) throw wrong(`-${tls} does not go with -master local, which speaks no TLS`);
  if (flags.local_work_dir === undefined && !["empty", "sqlite"].includes(flags.storage_type)) {
    throw missing(`-master local with -storage_type ${flags.storage_type} needs -local_work_dir`);
  }
  const [api, master] = [parseListen(flags.listen), parseListen(flags.local_master_listen)];
  if (api.port !== 0 && api.host === master.host && api.port === master.port) {
    throw wrong(`-listen and -local_master_listen are both ${flags.listen}: give each an address of its own`);
  }
  await checkAgentFlags(flags);
}

function checkRemote(master: string, flags: Flags, given: ParsedFlags["given"]): void {
  const local = localFlags.find((name) => given.has(name));
  if (local !== undefined) throw wrong(`-${local} needs -master local: a real master has agents of its own`);
  const address = addressOf(master);
  const problem = unreachableServer(address);
  if (problem !== undefined) throw wrong(`-master: ${problem}`);
  const tls = tlsFlags.find((name) => flags[name] !== undefined);
  if (tls !== undefined && address.kind === "list" && address.endpoints.every(({ protocol }) => protocol === "http:")) {
    throw wrong(`-${tls} needs a -master that speaks TLS: https://host:port, or zk://host:port/path`);
  }
}

const tlsFlags = ["mesos_ca_file", "mesos_cert_file", "mesos_key_file"] as const;
const localFlags: readonly FlagName[] = [
  "local_agents",
  "local_hostname",
  "local_resources",
  "local_attributes",
  "local_work_dir",
  "local_master_listen",
];

const missing = (words: string) => new CkeError("flag_missing", words);
const wrong = (words: string, cause?: unknown) => new CkeError("flag_invalid", words, { cause });

function addressOf(master: string): MasterAddress {
  try {
    return parseMasterAddress(master);
  } catch (error) {
    throw wrong(`-master: ${messageOf(error)}`, error);
  }
}

// The files of a NoCloud seed. Pure.
import { CkeError } from "@cke/foundation";
import type { VmSeed } from "@cke/protocol";
import type { SeedRequest } from "../ports/seed.ts";
import { networkConfig } from "./network-config.ts";
import { checkNetworkConfig, checkUserData, hostnameOf, userData } from "./user-data.ts";
import { yamlText } from "./yaml-text.ts";

export const secretOf = { password: "password", userData: "user-data", networkConfig: "network-config" } as const;

/** Names of the secrets that this seed needs. */
export function seedSecretNames(seed: VmSeed): readonly string[] {
  return [
    ...(seed.password && !seed.userData ? [secretOf.password] : []),
    ...(seed.userData ? [secretOf.userData] : []),
    ...(seed.networkConfig ? [secretOf.networkConfig] : []),
  ];
}

/** By name. Throws CkeError seed_invalid. */
export function seedFiles({ nics, place, secrets, seed }: SeedRequest): ReadonlyMap<string, Uint8Array> {
  const secret = (name: string) => {
    const content = secrets.get(name);
    if (content !== undefined) return content;
    throw new CkeError("seed_invalid", `seed: the secret ${name} did not come; post it with the virtual machine again`);
  };
  const text = (words: string) => Buffer.from(words, "utf8");
  const files = new Map<string, Uint8Array>([["meta-data", text(metaData(seed, place.uuid))]]);
  if (seed.userData) {
    checkUserData(secret(secretOf.userData));
    files.set("user-data", secret(secretOf.userData));
  } else {
    const password = seed.password ? Buffer.from(secret(secretOf.password)).toString("utf8").trim() : undefined;
    files.set("user-data", text(userData(seed, password)));
  }
  if (seed.networkConfig) {
    checkNetworkConfig(secret(secretOf.networkConfig));
    files.set("network-config", secret(secretOf.networkConfig));
  } else if (nics.length > 0) files.set("network-config", text(networkConfig(nics)));
  return files;
}

const hidden = (name: string) => `# the secret ${name}, which is not shown\n`;

/** The same with every secret left out. */
export function describeSeed({ nics, place, seed }: Omit<SeedRequest, "secrets">): ReadonlyMap<string, string> {
  const files = new Map([["meta-data", metaData(seed, place.uuid)]]);
  const made = () => `${userData(seed, undefined)}${seed.password ? hidden(secretOf.password) : ""}`;
  files.set("user-data", seed.userData ? hidden(secretOf.userData) : made());
  if (seed.networkConfig) files.set("network-config", hidden(secretOf.networkConfig));
  else if (nics.length > 0) files.set("network-config", networkWords(nics));
  return files;
}

/** An address may have no prefix length until its network was looked at. */
function networkWords(nics: SeedRequest["nics"]): string {
  try {
    return networkConfig(nics);
  } catch (error) {
    if (error instanceof CkeError) return `# not made yet: ${error.message}\n`;
    throw error;
  }
}

/** The uuid stays for as long as the VM does, so that what runs once in a guest's life runs once. */
function metaData(seed: VmSeed, uuid: string): string {
  return yamlText({ "instance-id": uuid, ...(seed.hostname === "" ? {} : { "local-hostname": hostnameOf(seed) }) });
}

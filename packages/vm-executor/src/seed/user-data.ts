// user-data of a NoCloud seed: made of the fields of a VM's seed, or checked when an operator has written it. Pure.
import { CkeError } from "@cke/foundation";
import type { VmSeed } from "@cke/protocol";
import { yamlMapping, yamlText } from "./yaml-text.ts";

const refuse = (words: string) => new CkeError("seed_invalid", `seed: ${words}`);

/** `password`: its hash; undefined when there is none. Throws CkeError seed_invalid, which has no secret in it. */
export function userData(seed: VmSeed, password: string | undefined): string {
  if (password !== undefined && !/^(\$[0-9a-z]+\$|_)[\x21-\x7e]{8,500}$/.test(password))
    throw refuse("the secret password must be a hash as of crypt(5), for example what `mkpasswd -m sha-512` prints");
  for (const [position, key] of seed.sshKeys.entries())
    if (!/^[\x20-\x7e]{1,16384}$/.test(key) || !/(^| )(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( |$)/.test(key))
      throw refuse(
        `ssh_keys[${position}] must be one line of an authorized_keys file, for example "ssh-ed25519 AAAA… me"`,
      );
  if (seed.user !== "" && !/^[a-z_][a-z0-9_-]{0,31}$/.test(seed.user))
    throw refuse("user must be 1 to 32 lower-case letters, digits, '_' or '-', and begin with a letter or '_'");
  const locked = password === undefined;
  const common = {
    ...(seed.hostname === "" ? {} : { hostname: hostnameOf(seed), preserve_hostname: false }),
    // Without it cloud-init of a small Debian fails for a locale that is not installed.
    locale: "C.UTF-8",
    ssh_pwauth: !locked,
  };
  return `#cloud-config\n${yamlText({ ...common, ...accounts(seed, password) })}`;
}

function accounts({ sshKeys, user }: VmSeed, password: string | undefined): object {
  const keys = sshKeys.length === 0 ? {} : { ssh_authorized_keys: sshKeys };
  if (user === "") {
    const own = password === undefined ? {} : { password, chpasswd: { expire: false } };
    return { users: ["default"], ...keys, ...own };
  }
  const account = {
    name: user,
    ...(password === undefined ? {} : { hashed_passwd: password }),
    lock_passwd: password === undefined,
    ...keys,
  };
  if (user === "root") return { disable_root: false, users: [account] };
  return { users: [{ ...account, shell: "/bin/bash", groups: ["sudo"], sudo: "ALL=(ALL) NOPASSWD:ALL" }] };
}

/** As a DNS name has it. Throws CkeError seed_invalid. */
export function hostnameOf({ hostname }: VmSeed): string {
  const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  if (hostname.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(hostname)) return hostname;
  throw refuse("hostname must be letters, digits and '-', in parts of at most 63 with '.' between them");
}

/** Enough for any user-data, and little enough for a disc that is held in memory. */
const maxBytes = 1 << 20;

/** First lines of what cloud-init knows beside #cloud-config. */
const otherForms =
  /^(#!|#include|#cloud-boothook|#cloud-config-archive|#cloud-config-jsonp|#part-handler|## template: jinja|content-type:|mime-version:|from )/i;

/** Throws CkeError seed_invalid when cloud-init would not know what to do with it; its content is in no message. */
export function checkUserData(content: Uint8Array): void {
  const text = checkedText(content, "the secret user-data");
  if (content[0] === 0x1f && content[1] === 0x8b) return; // compressed: cloud-init unpacks it
  if (/^#cloud-config[ \t]*\r?$/m.test(text.split("\n", 1)[0] ?? "")) {
    yamlMapping(text, "the secret user-data");
    return;
  }
  if (!otherForms.test(text))
    throw refuse(
      'the secret user-data must begin with "#cloud-config", "#!" or another first line that cloud-init knows',
    );
}

/** Throws CkeError seed_invalid. */
export function checkNetworkConfig(content: Uint8Array): void {
  const name = "the secret network-config";
  const mapping = yamlMapping(checkedText(content, name), name);
  if (!mapping.has("version") && !mapping.has("network"))
    throw refuse(`${name} must have "version: 2" (or 1), or "network:"`);
}

function checkedText(content: Uint8Array, name: string): string {
  if (content.length === 0) throw refuse(`${name} is empty`);
  if (content.length > maxBytes) throw refuse(`${name} has ${content.length} bytes, allowed are ${maxBytes}`);
  return Buffer.from(content).toString("utf8");
}

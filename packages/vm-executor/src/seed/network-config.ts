// network-config of a NoCloud seed, version 2, made of a VM's NICs. Each is known by its MAC, as guests name links differently. Pure.
import { BlockList, isIP } from "node:net";
import { CkeError } from "@cke/foundation";
import type { SeedNic } from "../ports/seed.ts";
import { yamlText } from "./yaml-text.ts";

interface Ethernet {
  readonly match: { readonly macaddress: string };
  readonly dhcp4: boolean;
  readonly addresses?: readonly string[];
  readonly routes?: readonly { readonly to: string; readonly via: string; readonly "on-link"?: boolean }[];
  readonly nameservers?: { readonly addresses: readonly string[] };
  readonly mtu?: number;
}

/** Throws CkeError seed_invalid, which names the NIC and the field. */
export function networkConfig(nics: readonly SeedNic[]): string {
  const ethernets = Object.fromEntries(nics.map((nic, position) => [`nic${position}`, ethernetOf(nic)]));
  return yamlText({ version: 2, ethernets });
}

function ethernetOf({ mac, nic }: SeedNic): Ethernet {
  const refuse = (field: string, words: string) => new CkeError("seed_invalid", `NIC ${nic.name}: ${field} ${words}`);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac))
    throw refuse("mac", "must be six pairs of lower-case hexadecimal digits");
  const address = nic.ip === "" ? undefined : parseAddress(nic.ip);
  if (nic.ip !== "" && address === undefined)
    throw refuse("ip", "must be an address with its prefix length, as in 10.77.0.9/24");
  for (const server of nic.dns) if (isIP(server) === 0) throw refuse("dns", "must be a list of addresses");
  const family = isIP(nic.gateway);
  if (nic.gateway !== "" && family === 0) throw refuse("gateway", "must be an address");
  if (nic.gateway !== "" && (address === undefined || address.family !== family))
    throw refuse(
      "gateway",
      "needs an ip of the same family: a guest that asks for its address is told its gateway too",
    );
  return {
    match: { macaddress: mac },
    dhcp4: address === undefined,
    ...(address === undefined ? {} : { addresses: [nic.ip] }),
    ...(address === undefined || nic.gateway === "" ? {} : { routes: [defaultRoute(address, nic.gateway)] }),
    ...(nic.dns.length === 0 ? {} : { nameservers: { addresses: nic.dns } }),
    ...(nic.mtu === 0 ? {} : { mtu: nic.mtu }),
  };
}

interface Address {
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
}

function parseAddress(text: string): Address | undefined {
  const [, address = "", prefixText = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  const prefix = Number(prefixText);
  if (family !== 4 && family !== 6) return undefined;
  return prefix > (family === 4 ? 32 : 128) ? undefined : { address, prefix, family };
}

/** The destination is written as a prefix: not every cloud-init knows "default" there. */
function defaultRoute({ address, family, prefix }: Address, gateway: string) {
  const network = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  network.addSubnet(address, prefix, kind);
  const route = { to: family === 4 ? "0.0.0.0/0" : "::/0", via: gateway };
  return network.check(gateway, kind) ? route : { ...route, "on-link": true };
}

// What one NIC needs on this host: what it shares with others, its tap, who may send what, and its ports. Pure.
import { isIPv4 } from "node:net";
import { CkeError } from "@cke/foundation/cke-error";
import type { VmNic } from "@cke/protocol";
import type { VmPlace } from "../../ports/vm-place.ts";
import { type DockerNetwork, isNetworkAddress, withPrefix } from "./nic-address.ts";
import { deviceOf, linkName, macOf } from "./nic-names.ts";
import { linkIn, type Present, type SharedLink } from "./shared-link.ts";

/** Where the tap ends: a port of a bridge, or of Open vSwitch; macvtap has no tap of ours. */
export type NicEnd =
  | { readonly kind: "bridge"; readonly namespace: string; readonly bridge: string }
  | {
      readonly kind: "ovs";
      readonly bridge: string;
      readonly vlan: number;
      readonly ingressKbps: number;
      readonly egressKbps: number;
    }
  | { readonly kind: "macvtap"; readonly parent: string; readonly mode: "bridge" | "private" | "vepa" | "passthrough" };

export interface NicPlan {
  readonly name: string;
  readonly mac: string;
  /** With its prefix length; "" when none was given. */
  readonly ip: string;
  readonly device: string;
  /** In the order in which they are made. */
  readonly shared: readonly SharedLink[];
  readonly end: NicEnd;
  readonly queues: number;
  readonly mtu: number;
}

export interface PlanFacts {
  readonly present: Present;
  /** By their names. */
  readonly dockerNetworks: ReadonlyMap<string, DockerNetwork>;
  /** The kernel has no module of Open vSwitch. */
  readonly ovsUserspace: boolean;
}

const invalid = (nic: VmNic, words: string): never => {
  throw new CkeError("network_invalid", `NIC ${nic.name}: ${words}`, { status: 400 });
};

function checked(nic: VmNic, field: string, name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/.test(name))
    invalid(
      nic,
      `${field} must be the name of a link: 1 to 15 letters, digits, "_", "." or "-", not ${JSON.stringify(name)}`,
    );
  return name;
}

/** Throws CkeError network_invalid or network_missing, which names the NIC and the field. */
export function planNic(nic: VmNic, { uuid }: Pick<VmPlace, "uuid">, facts: PlanFacts): NicPlan {
  checkValues(nic);
  const names = { name: nic.name, mac: nic.mac === "" ? macOf(uuid, nic.name) : nic.mac.toLowerCase() };
  const plan = {
    ...names,
    ip: nic.ip,
    device: deviceOf(uuid, nic.name),
    queues: Math.max(1, nic.queues),
    mtu: nic.mtu,
  };
  const { network } = nic;
  switch (network?.kind) {
    case "bridge": {
      const { bridge, namespace, uplink, vlan, address } = network.value;
      checked(nic, "bridge", bridge);
      const made: SharedLink = { kind: "bridge", namespace, name: bridge, address, mtu: nic.mtu };
      const end = { kind: "bridge", namespace, bridge } as const;
      if (namespace === "") {
        const outside = hostUplink(nic, bridge, uplink, vlan, facts.present);
        return { ...plan, end, shared: [made, ...outside, ...forward(bridge, facts.present)] };
      }
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(namespace)) invalid(nic, "namespace is no name");
      const into = namespaceUplink(nic, { bridge, namespace, uplink, vlan }, facts.present);
      return { ...plan, end, shared: [{ kind: "namespace", name: namespace }, made, ...into] };
    }
    case "macvtap": {
      const parent = checked(nic, "parent", network.value.parent);
      const peer = linkName("ckp", parent);
      const mode = modeOf(nic, network.value.mode);
      return {
        ...plan,
        end: { kind: "macvtap", parent, mode },
        shared: [{ kind: "parent", name: parent, peer, mtu: nic.mtu }],
      };
    }
    case "ovs": {
      const { bridge, vlan, ingressKbps, egressKbps, uplink } = network.value;
      checked(nic, "bridge", bridge);
      if (vlan > 4094) invalid(nic, "vlan must be from 1 to 4094, or 0 for none");
      const made: SharedLink = { kind: "ovs", name: bridge, userspace: facts.ovsUserspace };
      if (uplink !== "") present(nic, "uplink", uplink, facts.present);
      const port: readonly SharedLink[] = uplink === "" ? [] : [{ kind: "ovs-port", link: uplink, bridge }];
      return { ...plan, end: { kind: "ovs", bridge, vlan, ingressKbps, egressKbps }, shared: [made, ...port] };
    }
    case "docker": {
      const { name } = network.value;
      const docker = facts.dockerNetworks.get(name);
      if (docker === undefined) return missing(nic, `there is no Docker network ${name} on this host`);
      if (docker.bridge === "") return invalid(nic, otherDriver(name, docker.driver));
      const ip = withPrefix(nic.ip, docker);
      if (ip === undefined)
        return invalid(
          nic,
          `ip ${nic.ip} is in no subnet of the Docker network ${name} (${docker.subnets.join(", ")})`,
        );
      const { bridge } = docker;
      return { ...plan, ip, end: { kind: "bridge", namespace: "", bridge }, shared: forward(bridge, facts.present) };
    }
    default:
      return invalid(nic, "it has no network");
  }
}

/** A tap can be in the host's namespace or in one of CKE's, and a bridge that Docker takes away with its last container takes its ports along. */
function otherDriver(name: string, driver: string): string {
  const why =
    driver === "overlay"
      ? "its bridge is in a namespace of Docker's, which goes with the last container of the host"
      : "there is no bridge of it on the host";
  return `the Docker network ${name} has the driver ${driver}, and a VM can be in networks with the driver bridge only: ${why}. To reach other hosts, make a network with the driver bridge, and make a VXLAN of the hosts a port of its bridge`;
}

/** What comes to commands and rules as it is. */
function checkValues(nic: VmNic): void {
  const bytes = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
  if (nic.mac !== "" && (!bytes.test(nic.mac.toLowerCase()) || Number.parseInt(nic.mac.slice(0, 2), 16) % 2 === 1))
    invalid(nic, "mac must be a unicast address like 52:54:00:12:34:56");
  const isWhole = isNetworkAddress(nic.ip) || (nic.network?.kind === "docker" && isIPv4(nic.ip));
  if (nic.ip !== "" && !isWhole) invalid(nic, "ip must be an IPv4 address with its prefix length, like 10.77.0.9/24");
  const address = nic.network?.kind === "bridge" ? nic.network.value.address : "";
  if (address !== "" && !isNetworkAddress(address))
    invalid(nic, "address must be an IPv4 address with its prefix length, like 10.77.0.1/24");
  if (nic.mtu !== 0 && (nic.mtu < 576 || nic.mtu > 65_521)) invalid(nic, "mtu must be from 576 to 65521, or 0");
  if (nic.queues > 256) invalid(nic, "queues must be at most 256");
  for (const { hostPort, guestPort, hostIp, protocol } of nic.ports) {
    if (![hostPort, guestPort].every((port) => port >= 1 && port <= 65_535))
      invalid(nic, "ports must be from 1 to 65535");
    if (hostIp !== "" && !isIPv4(hostIp)) invalid(nic, "host_ip must be an IPv4 address");
    if (!["", "tcp", "udp"].includes(protocol)) invalid(nic, "the protocol of a port must be tcp or udp");
  }
}

const forward = (bridge: string, { forwardDrops }: Present): readonly SharedLink[] =>
  forwardDrops ? [{ kind: "forward", bridge }] : [];

function missing(nic: VmNic, words: string): never {
  throw new CkeError("network_missing", `NIC ${nic.name}: ${words}`, { status: 400 });
}

function present(nic: VmNic, field: string, link: string, there: Present): void {
  checked(nic, field, link);
  if (linkIn(there, "", link) === undefined && !there.ovsPorts.has(link))
    missing(nic, `${field} ${link}: this host has no such link`);
}

function hostUplink(nic: VmNic, bridge: string, uplink: string, vlan: number, there: Present): readonly SharedLink[] {
  if (uplink === "") return [];
  present(nic, "uplink", uplink, there);
  if (vlan === 0) return [{ kind: "port", link: uplink, bridge }];
  const tagged = vlanOf(nic, uplink, vlan);
  return [tagged, { kind: "port", link: tagged.name, bridge }];
}

interface Into {
  readonly bridge: string;
  readonly namespace: string;
  readonly uplink: string;
  readonly vlan: number;
}

/** From a bridge of the host by a cable; another link of the host, or its VLAN, is moved into the namespace. */
function namespaceUplink(nic: VmNic, { bridge, namespace, uplink, vlan }: Into, there: Present): readonly SharedLink[] {
  if (uplink === "") return [];
  checked(nic, "uplink", uplink);
  if (vlan !== 0) {
    const tagged = vlanOf(nic, uplink, vlan);
    return [tagged, { kind: "moved", link: tagged.name, namespace, bridge }];
  }
  const link = linkIn(there, "", uplink);
  if (link?.type === "bridge")
    return [
      {
        kind: "cable",
        name: linkName("ckv", namespace, bridge, uplink),
        peer: linkName("ckn", namespace, bridge, uplink),
        hostBridge: uplink,
        namespace,
        bridge,
      },
    ];
  if (link === undefined && linkIn(there, namespace, uplink) === undefined)
    missing(nic, `uplink ${uplink}: this host has no such link`);
  return [{ kind: "moved", link: uplink, namespace, bridge }];
}

function vlanOf(nic: VmNic, parent: string, id: number) {
  if (id > 4094) invalid(nic, "vlan must be from 1 to 4094, or 0 for none");
  return { kind: "vlan", name: linkName("ckl", parent, String(id)), parent, id } as const;
}

const modes = { "": "bridge", bridge: "bridge", private: "private", vepa: "vepa", passthru: "passthrough" } as const;

function modeOf(nic: VmNic, mode: string): (typeof modes)[keyof typeof modes] {
  const found = Object.entries(modes).find(([name]) => name === mode)?.[1];
  return found ?? invalid(nic, "mode must be bridge, private, vepa or passthru");
}

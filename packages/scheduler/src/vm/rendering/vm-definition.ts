// From a specification to what an executor makes a domain of. Pure.
import { createHash } from "node:crypto";
import { VmDefinition, type VmDefinitionInit, type VmDiskInit, type VmNicInit } from "@cke/protocol";
import { toMillis } from "../../workload/outline/unit-outline.ts";
import type { DiskSpec, MachineSpec, NicSpec } from "../body/vm-spec.ts";

function diskOf({ limits, image, ...rest }: DiskSpec): VmDiskInit {
  return { ...rest, ...(image === undefined ? {} : { image }), ...(limits === undefined ? {} : { limits }) };
}

function networkOf(nic: NicSpec): VmNicInit["network"] {
  const { network, namespace, uplink, vlan, address } = nic;
  switch (nic.type) {
    case "bridge":
    case "netns":
      return { kind: "bridge", value: { bridge: network, namespace, uplink, vlan, address } };
    case "macvtap":
      return { kind: "macvtap", value: { parent: network, mode: nic.mode } };
    case "ovs": {
      const { ingressKbps, egressKbps } = nic;
      return { kind: "ovs", value: { bridge: network, vlan, uplink, ingressKbps, egressKbps } };
    }
    case "docker":
      return { kind: "docker", value: { name: network } };
  }
}

function nicOf(nic: NicSpec): VmNicInit {
  const { mac, ip, gateway, dns, model, queues, mtu, antiSpoofing, ports } = nic;
  return { name: nic.nic, network: networkOf(nic), mac, ip, gateway, dns, model, queues, mtu, antiSpoofing, ports };
}

/** CPUs, and MiB of the guest. */
export interface GuestAmount {
  readonly cpus: number;
  readonly mem: number;
}

/** `amount`: what the guest may have; the specification's own at a launch. */
export function vmDefinition(spec: MachineSpec, amount: GuestAmount = spec): VmDefinition {
  const { cpu, memory, boot, seed } = spec;
  const count = Math.max(1, Math.ceil(amount.cpus));
  const init: VmDefinitionInit = {
    title: spec.title,
    osInfo: spec.osInfo,
    cpu: { ...cpu, count, maximum: Math.max(count, cpu.maximum), limitMillis: toMillis(amount.cpus) },
    memory: {
      mib: amount.mem,
      // Without a balloon the guest has all of it at once, which its task does not hold.
      maximumMib: spec.devices.balloon ? Math.max(amount.mem, memory.maximumMib) : amount.mem,
      overheadMib: memory.overheadMib,
      hugePages: memory.hugePages,
    },
    boot,
    disks: spec.disks.map(diskOf),
    nics: spec.nics.map(nicOf),
    ...(seed === undefined ? {} : { seed }),
    devices: spec.devices,
    restart: { policy: spec.restart },
  };
  return VmDefinition.create(init);
}

/** A hash of what an executor is told: 16 hexadecimal digits. */
export function definitionHash(definition: VmDefinition, paused = false): string {
  const hash = createHash("sha256").update(VmDefinition.encode(definition));
  return hash
    .update(paused ? "paused" : "")
    .digest("hex")
    .slice(0, 16);
}

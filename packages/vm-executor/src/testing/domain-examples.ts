// Parts of domains, for tests of their XML: a small one, and one with everything.
import { VmDefinition, type VmDefinitionInit } from "@cke/protocol";
import { assignTargets, seedAmong } from "../domain/disk-targets.ts";
import type { DomainParts } from "../domain/domain-parts.ts";
import type { PreparedNic } from "../ports/networks.ts";

export const exampleUuid = "6f1c1d1e-0000-4000-8000-000000000001";

const nic = (name: string, source: PreparedNic["source"], more: Partial<PreparedNic> = {}): PreparedNic => ({
  name,
  source,
  mac: `52:54:00:00:00:0${name.at(-1)}`,
  device: `ckenic${name.at(-1)}`,
  model: "virtio",
  queues: 1,
  mtu: 0,
  filter: "",
  inboundKbps: 0,
  outboundKbps: 0,
  wholeFrames: false,
  ...more,
});

/** A domain below `directory`. */
export function exampleDomain(init: VmDefinitionInit, directory = "/v", more: Partial<DomainParts> = {}): DomainParts {
  const definition = VmDefinition.create(init);
  const seed = definition.seed === undefined ? [] : [seedAmong(definition.disks)];
  return {
    name: "cke-vm1-6f1c1d1e",
    uuid: exampleUuid,
    definition,
    labels: { "cke.workload": "vm1", "cke.instance": "i1", note: `a "quoted" <note>` },
    disks: definition.disks.map(({ name, role, image, format, sizeMib }) => ({
      name,
      path: role === "cdrom" && image === undefined ? "" : `${directory}/${name}.img`,
      format: format === "raw" ? "raw" : "qcow2",
      sizeMib,
    })),
    targets: assignTargets([...definition.disks, ...seed]),
    nics: [],
    seedPath: definition.seed === undefined ? "" : `${directory}/seed.iso`,
    kernel: undefined,
    firmware: undefined,
    acceleration: "qemu",
    architecture: "x64",
    sockets: { vnc: `${directory}/vnc.sock`, serial: `${directory}/serial.sock` },
    consoleLog: `${directory}/console.log`,
    ...more,
  };
}

export const smallDefinition: VmDefinitionInit = {
  cpu: { count: 1 },
  memory: { mib: 256 },
  disks: [{ name: "system", role: "system", format: "qcow2", bus: "virtio", cache: "writeback" }],
};

export const wholeDefinition: VmDefinitionInit = {
  title: "all & everything",
  cpu: { count: 2, maximum: 4, sockets: 1, cores: 4, threads: 1 },
  memory: { mib: 256, maximumMib: 512 },
  boot: { type: "cdrom", firmware: "uefi", machine: "q35" },
  disks: [
    { name: "cd", role: "cdrom", bus: "sata" },
    { name: "data", role: "data", format: "raw", bus: "scsi", cache: "unsafe", discard: true, serial: "SN1" },
    {
      name: "system",
      role: "system",
      format: "qcow2",
      bus: "virtio",
      limits: { readBytesPerSecond: 1_000_000, writeIops: 100 },
    },
    { name: "tools", role: "data", format: "raw", bus: "virtio", cache: "writeback", readOnly: true },
  ],
  seed: { hostname: "h" },
  devices: { vnc: true, rng: true, balloon: true, watchdog: "reset", panic: true, agent: true },
};

export const wholeNics: readonly PreparedNic[] = [
  nic("nic1", { kind: "bridge", bridge: "br0" }, { queues: 2, mtu: 1_400, inboundKbps: 8_000, outboundKbps: 1 }),
  nic("nic2", { kind: "ovs", bridge: "ovs0", vlan: 7 }, { wholeFrames: true }),
  nic("nic3", { kind: "tap" }, { model: "e1000e", wholeFrames: true }),
  nic("nic4", { kind: "macvtap", parent: "veth0", mode: "bridge" }),
];

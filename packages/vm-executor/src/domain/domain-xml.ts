// The whole definition of a domain. Pure: the same parts give the same text.
import { CkeError } from "@cke/foundation";
import type { VmDefinition, VmDevices } from "@cke/protocol";
import { cpuXml, memoryXml } from "./cpu-xml.ts";
import { diskXml, nicXml, seedXml } from "./device-xml.ts";
import { busOf, seedDisk } from "./disk-targets.ts";
import type { DomainParts } from "./domain-parts.ts";
import { metadataXml } from "./metadata.ts";
import { element, renderXml, type XmlElement } from "./xml.ts";

/** Ports that are free for devices that are attached while the guest runs. */
const sparePorts = 6;

/** Throws CkeError `definition_invalid` for what no domain can be made of. */
export function domainXml(parts: DomainParts): string {
  const { definition, labels, targets, acceleration } = parts;
  const x86 = parts.architecture === "x64";
  const windows = /\bwin|windows/i.test(definition.osInfo);
  return renderXml(
    element(
      "domain",
      { type: acceleration },
      element("name", {}, parts.name),
      element("uuid", {}, parts.uuid),
      definition.title === "" ? undefined : element("title", {}, definition.title.replaceAll("\n", " ")),
      element("metadata", {}, metadataXml({ labels, definition, targets, acceleration })),
      ...memoryXml(definition.memory),
      ...cpuXml(definition.cpu, acceleration).slice(0, 1),
      osXml(parts, x86),
      element(
        "features",
        {},
        element("acpi"),
        x86 ? element("apic") : undefined,
        windows && x86 ? hypervXml : undefined,
        acceleration === "qemu" ? translationXml(definition) : undefined,
      ),
      ...cpuXml(definition.cpu, acceleration).slice(1),
      element("clock", { offset: windows ? "localtime" : "utc" }),
      element("on_poweroff", {}, "destroy"),
      element("on_reboot", {}, "restart"),
      element("on_crash", {}, "destroy"),
      element("devices", {}, ...devices(parts, x86)),
    ),
  );
}

const hypervXml = element(
  "hyperv",
  { mode: "custom" },
  element("relaxed", { state: "on" }),
  element("vapic", { state: "on" }),
  element("spinlocks", { state: "on", retries: 8191 }),
);

/**
 * What a software emulator keeps of translated code: a third of the overhead that Mesos accounts for. Its own default is 1 GiB (QEMU 7.2),
 * for which the kernel would end the guest. libvirt reads it since 7.10.
 */
function translationXml({ memory }: DomainParts["definition"]): XmlElement {
  const mib = Math.min(1_024, Math.max(32, Math.floor((memory?.overheadMib ?? 0) / 3)));
  return element("tcg", {}, element("tb-cache", { unit: "MiB" }, String(mib)));
}

function osXml({ definition: { boot }, kernel, firmware }: DomainParts, x86: boolean): XmlElement {
  const machine = boot?.machine !== undefined && boot.machine !== "" ? boot.machine : x86 ? "q35" : "virt";
  const line = boot?.commandLine ?? "";
  return element(
    "os",
    {},
    element("type", { machine }, "hvm"),
    firmware === undefined ? undefined : element("loader", { readonly: "yes", type: "pflash" }, firmware.code),
    firmware === undefined ? undefined : element("nvram", { template: firmware.template }, firmware.variables),
    kernel === undefined ? undefined : element("kernel", {}, kernel.kernel),
    kernel === undefined || kernel.initrd === "" ? undefined : element("initrd", {}, kernel.initrd),
    kernel === undefined || line === "" ? undefined : element("cmdline", {}, line),
  );
}

/** Places among what the guest is booted from, by name of the disk or NIC. Empty for a kernel, which needs none. */
export function bootOrder({ boot, disks, nics }: VmDefinition): ReadonlyMap<string, number> {
  const of = (...roles: string[]) => disks.filter(({ role }) => roles.includes(role)).map(({ name }) => `disk ${name}`);
  const networks = nics.map(({ name }) => `nic ${name}`);
  const type = boot?.type ?? "";
  const names =
    type === "kernel"
      ? []
      : type === "cdrom"
        ? [...of("cdrom"), ...of("system"), ...of("data")]
        : type === "network"
          ? [...networks, ...of("system")]
          : [...of("system"), ...of("data"), ...of("cdrom")];
  return new Map(names.map((name, index) => [name, index + 1]));
}

function devices(parts: DomainParts, x86: boolean): readonly (XmlElement | undefined)[] {
  const { definition, seedPath, targets } = parts;
  const order = bootOrder(definition);
  const targetOf = (name: string) => {
    const target = targets.get(name);
    if (target === undefined) throw new CkeError("definition_invalid", `disk ${name} has no target`);
    return target;
  };
  const disks = definition.disks.map((disk, index) => {
    const prepared = parts.disks[index];
    if (prepared === undefined) throw new CkeError("definition_invalid", `disk ${disk.name} was not prepared`);
    return diskXml(disk, prepared, targetOf(disk.name), order.get(`disk ${disk.name}`));
  });
  return [
    ...controllers(parts),
    ...disks,
    seedPath === "" ? undefined : seedXml(seedPath, targetOf(seedDisk)),
    ...parts.nics.map((nic) => nicXml(nic, order.get(`nic ${nic.name}`))),
    ...consoles(parts),
    ...graphics(parts, x86),
    ...others(definition.devices, x86),
  ];
}

function controllers({ definition, targets }: DomainParts): readonly XmlElement[] {
  const scsi = definition.disks.some((disk) => busOf(disk) === "scsi");
  const machine = definition.boot?.machine ?? "";
  // A machine of the older kind has one bus with slots enough.
  const express = !/^(pc|pc-i440fx.*)$/.test(machine);
  const disks = definition.disks.filter((disk) => busOf(disk) === "virtio").length;
  const seed = targets.get(seedDisk)?.startsWith("vd") === true ? 1 : 0;
  const devices = disks + seed + definition.nics.length;
  const ports = express ? devices + sparePorts : 0;
  return [
    ...(express ? [element("controller", { type: "pci", index: 0, model: "pcie-root" })] : []),
    ...Array.from({ length: ports }, (_, index) =>
      element("controller", { type: "pci", index: index + 1, model: "pcie-root-port" }),
    ),
    ...(scsi ? [element("controller", { type: "scsi", index: 0, model: "virtio-scsi" })] : []),
  ];
}

function consoles({ sockets, consoleLog }: DomainParts): readonly XmlElement[] {
  const source = element("source", { mode: "bind", path: sockets.serial });
  const log = element("log", { file: consoleLog, append: "on" });
  return [element("serial", { type: "unix" }, source, log, element("target", { port: 0 }))];
}

function graphics({ definition, sockets }: DomainParts, x86: boolean): readonly XmlElement[] {
  if (definition.devices?.vnc !== true) return [element("video", {}, element("model", { type: "none" }))];
  return [
    // A pointer that says where it is, and not how it moves: else the two pointers of a VNC client drift apart.
    element("input", { type: "tablet", bus: "usb" }),
    element(
      "graphics",
      { type: "vnc", socket: sockets.vnc },
      element("listen", { type: "socket", socket: sockets.vnc }),
    ),
    element("video", {}, element("model", { type: x86 ? "vga" : "virtio" })),
  ];
}

function others(devices: VmDevices | undefined, x86: boolean): readonly (XmlElement | undefined)[] {
  const watchdog = devices?.watchdog ?? "";
  return [
    devices?.agent === true
      ? element("channel", { type: "unix" }, element("target", { type: "virtio", name: "org.qemu.guest_agent.0" }))
      : undefined,
    watchdog === "" || watchdog === "none" ? undefined : element("watchdog", { model: "i6300esb", action: watchdog }),
    devices?.balloon === true
      ? element("memballoon", { model: "virtio" }, element("stats", { period: 10 }))
      : element("memballoon", { model: "none" }),
    devices?.rng === true
      ? element("rng", { model: "virtio" }, element("backend", { model: "random" }, "/dev/urandom"))
      : undefined,
    devices?.panic === true && x86 ? element("panic", { model: "isa" }) : undefined,
    devices?.tpm === true
      ? element("tpm", { model: x86 ? "tpm-crb" : "tpm-tis" }, element("backend", { type: "emulator", version: "2.0" }))
      : undefined,
  ];
}

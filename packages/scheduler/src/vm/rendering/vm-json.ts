// A VM's specification as the JSON of the API: posting it again gives an equal specification. Secrets are in no JSON: who posts it again adds
// them. Pure.
import {
  type DiskSpec,
  defaultGraceSeconds,
  type NicSpec,
  type PortSpec,
  type SeedSpec,
  type VmSpec,
} from "../body/vm-spec.ts";

type Json = Readonly<Record<string, unknown>>;

/** The fields whose values are not those that a body without them has. */
function given(fields: Json, defaults: Json): Json {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[name]),
    ),
  );
}
const nothing = { path: "", serial: "", shared: false, fenced: false, discard: false, cache: "none" };

function imageJson({ source, sha256, format }: NonNullable<DiskSpec["image"]>): unknown {
  return sha256 === "" && format === "" ? source : { source, ...given({ sha256, format }, { sha256: "", format: "" }) };
}

export function diskJson(disk: DiskSpec): Json {
  const { name, image, sizeMib, format, bus, readOnly, limits, path, shared, fenced, serial, discard, cache } = disk;
  return {
    name,
    ...(image === undefined ? {} : { image: imageJson(image) }),
    ...(sizeMib === 0 ? {} : { size: sizeMib }),
    format,
    bus,
    ...(readOnly === (disk.role === "cdrom") ? {} : { readOnly }),
    ...(limits === undefined ? {} : { limits }),
    ...given({ cache, discard, path, shared, fenced, serial }, nothing),
  };
}

/** By role, as bodies have them. */
export function disksJson(disks: readonly DiskSpec[]): Json {
  const of = (role: DiskSpec["role"]) => disks.filter((disk) => disk.role === role).map(diskJson);
  const [[system], data, cdrom] = [of("system"), of("data"), of("cdrom")];
  return {
    ...(system === undefined ? {} : { system }),
    ...(data.length === 0 ? {} : { data }),
    ...(cdrom.length === 0 ? {} : { cdrom }),
  };
}

const portJson = ({ hostIp, ...rest }: PortSpec): Json => (hostIp === "" ? rest : { ...rest, hostIp });

const plainNic = {
  namespace: "",
  uplink: "",
  vlan: 0,
  address: "",
  mode: "",
  ingressKbps: 0,
  egressKbps: 0,
  mac: "",
  ip: "",
  gateway: "",
  dns: [],
  queues: 1,
  mtu: 0,
  antiSpoofing: false,
} as const;

export function nicJson({ nic, network, type, model, ports, ...rest }: NicSpec): Json {
  return {
    nic,
    name: network,
    type,
    model,
    ...given(rest, plainNic),
    ...(ports.length === 0 ? {} : { ports: ports.map(portJson) }),
  };
}

/** Without what is secret. */
function seedJson({ hostname, user, sshKeys }: SeedSpec): Json {
  return { hostname, ...(user === "" ? {} : { user }), ...(sshKeys.length === 0 ? {} : { sshKeys }) };
}

const emptyBoot = {
  machine: "",
  kernel: "",
  kernelSha256: "",
  initrd: "",
  initrdSha256: "",
  commandLine: "",
  firmware: "bios",
};

/** The conditions that the body has beside region and zone, which are conditions too. */
function ownAttributes({ attributes, region, zone }: VmSpec): VmSpec["attributes"] {
  return attributes.slice(Number(region !== "") + Number(zone !== ""));
}

/** "vm@snapshot" of a clone; "" for any other VM. */
export function fromText({ origin }: Pick<VmSpec, "origin">): string {
  if (origin === undefined) return "";
  return origin.snapshot === "" ? origin.vm : `${origin.vm}@${origin.snapshot}`;
}

export function vmJson(spec: VmSpec): Json {
  const { name, cpus, cpu, mem, memory, boot, units, restart, seed, nics, disks } = spec;
  const [unit] = units;
  const { type, ...bootRest } = boot;
  const { id, title, osInfo, label, region, zone, role, expect } = spec;
  const { sockets, cores, threads, model: cpuModel, quota: cpuQuota } = cpu;
  const moreBoot = given(bootRest, emptyBoot);
  return {
    name,
    ...given({ from: fromText(spec), template: spec.template }, { from: "", template: false }),
    ...given(
      { id, title, osInfo, label, region, zone, role },
      { id: "", title: "", osInfo: "", label: {}, region: "", zone: "", role: "" },
    ),
    cpus,
    // One that was named stays when the amount changes, also where it is the same now.
    ...(cpu.maximumGiven || cpu.maximum !== Math.ceil(cpus) ? { maxCpus: cpu.maximum } : {}),
    ...given(
      { sockets, cores, threads, cpuModel, cpuQuota },
      { sockets: 0, cores: 0, threads: 0, cpuModel: "", cpuQuota: false },
    ),
    mem,
    ...(memory.maximumGiven || memory.maximumMib !== mem ? { maxMem: memory.maximumMib } : {}),
    ...given({ hugePages: memory.hugePages }, { hugePages: false }),
    memOverhead: memory.overheadMib,
    host: unit.host,
    bootType: type,
    ...(Object.keys(moreBoot).length === 0 ? {} : { boot: moreBoot }),
    disk: disksJson(disks),
    network: nics.map(nicJson),
    ...(seed === undefined ? {} : { cloudInit: seedJson(seed) }),
    devices: spec.devices,
    restart,
    ...given({ shutdownGrace: spec.shutdownGraceSeconds }, { shutdownGrace: defaultGraceSeconds }),
    ...given(
      { attributes: ownAttributes(spec), reservation: unit.reservation },
      { attributes: [], reservation: false },
    ),
    ...(unit.apart === undefined ? {} : { group: unit.apart.group, spread: unit.apart.by }),
    ...(expect === "RUN" ? {} : { expect }),
  };
}

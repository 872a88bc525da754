// Checks the parts of a VM against each other, and against the VMs that are there. Pure. It reports every problem and stops at none.
import { parseAddress } from "../../workload/body/address-block.ts";
import { type BodyProblem, type Located, roleProblems } from "../../workload/body/findings.ts";
import { type ClaimedPort, isSamePort } from "../../workload/kinds/claimed-ports.ts";
import { filePath } from "./disk-body.ts";
import type { DiskSpec, NicSpec, VmSpec } from "./vm-spec.ts";

const input = (path: string, message: string): BodyProblem => ({ path, message, kind: "input" });
const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** A VM as it is read from a body, with the paths of its parts. */
export interface VmParts {
  readonly name: string;
  readonly id: string;
  readonly role: string;
  readonly reservation: boolean;
  readonly host: string;
  readonly group: string | undefined;
  readonly spread: string | undefined;
  readonly cpus: number;
  readonly maxCpus: number | undefined;
  readonly topology: { readonly sockets: number; readonly cores: number; readonly threads: number };
  readonly mem: number;
  readonly maxMem: number | undefined;
  readonly boot: VmSpec["boot"];
  /** It has a balloon, by which memory is given to the guest while it runs. */
  readonly balloon: boolean;
  readonly attributes: VmSpec["attributes"];
  readonly disks: readonly Located<DiskSpec>[];
  /** Path of the list of disks. */
  readonly disksPath: string;
  readonly nics: readonly Located<NicSpec>[];
}

export interface VmContext {
  /** The VMs that are there, whose addresses, ports and ids are taken. */
  readonly existing: readonly VmSpec[];
  /** The framework's Mesos roles. */
  readonly roles: readonly string[];
  /** -vm_image_path; "": there is none. */
  readonly imagePath: string;
  /** -vm_disk_path. */
  readonly diskPaths: readonly string[];
  /** The VM before its change: where its disks are, and with whom it has one in common, was accepted before. */
  readonly before?: Pick<VmSpec, "disks" | "units" | "attributes"> | undefined;
  /** The VM before its change, or the one of which it is a clone: an earlier version accepted more. */
  readonly sizes?: Pick<VmSpec, "mem" | "memory" | "devices"> | undefined;
  /** Sources of images and paths of disks that the VM has already: they stay. */
  readonly presentSources?: ReadonlySet<string> | undefined;
  /** Names of disks whose content comes from those of another VM: they need neither an image nor a size. */
  readonly copied?: ReadonlySet<string> | undefined;
  /** Ports of hosts that other workloads publish. */
  readonly claimedPorts: readonly ClaimedPort[];
}

function* repeats<T>(items: readonly Located<T>[], keyOf: (value: T) => string, what: string, field: string) {
  const seen = new Map<string, string>();
  for (const { value, path } of items) {
    const key = keyOf(value);
    const first = seen.get(key);
    if (key === "") continue;
    if (first === undefined) seen.set(key, path);
    else yield input(`${path}.${field}`, `the ${what} "${key}" is used by ${first} already`);
  }
}

function* diskProblems(
  { disks, disksPath, boot }: VmParts,
  { copied = new Set() }: VmContext,
  whole: boolean,
): Generator<BodyProblem> {
  yield* repeats(disks, ({ name }) => name, "disk name", "name");
  yield* repeats(disks, ({ path }) => path, "file", "path");
  for (const { value: disk, path } of disks) {
    const { role, image, sizeMib, bus, shared, fenced } = disk;
    if (image !== undefined && disk.path !== "")
      yield input(`${path}.path`, "a disk has an image or a path: a disk that exists already is not made of an image");
    if (role !== "cdrom" && image === undefined && disk.path === "" && sizeMib === 0 && !copied.has(disk.name))
      yield input(`${path}.size`, "is missing: a disk without an image and without a path is empty, and has a size");
    if (shared && disk.path === "")
      yield input(`${path}.shared`, "is for a disk with a path, on storage that several hosts share");
    if (fenced && !shared) yield input(`${path}.fenced`, "is for a shared disk that is a block device");
    if (role === "cdrom" && bus === "virtio")
      yield input(`${path}.bus`, "a cdrom has no bus virtio: sata, scsi or ide");
    if (role === "cdrom" && !disk.readOnly) yield input(`${path}.readOnly`, "a cdrom is always read-only");
  }
  const system = disks.filter(({ value }) => value.role === "system");
  for (const { path } of system.slice(1))
    yield input(`${path}.role`, "a VM has one system disk; the others are data disks");
  if (!whole) return;
  const [first] = system;
  const bootable =
    first !== undefined && (first.value.image !== undefined || first.value.path !== "" || copied.has(first.value.name));
  if (boot.type === "hd" && !bootable)
    yield input(
      first === undefined ? disksPath : `${first.path}.image`,
      "is missing: a VM that boots from its disk needs a system disk with an image or a path; for others name a bootType: cdrom, network or kernel",
    );
  if (boot.type === "cdrom" && !disks.some(({ value }) => value.role === "cdrom" && (value.image ?? value.path) !== ""))
    yield input(disksPath, "has no cdrom with an image, from which the VM is to boot");
}

function* bootProblems({ boot }: VmParts): Generator<BodyProblem> {
  if (boot.type === "kernel" && boot.kernel === "")
    yield input("boot.kernel", "is missing: a VM that boots a kernel needs its image");
  if (boot.type === "kernel") return;
  for (const field of ["kernel", "initrd", "commandLine"] as const)
    if (boot[field] !== "")
      yield input(`boot.${field}`, `has no effect with bootType ${boot.type}; it is for bootType kernel`);
}

/** Files of a host that are no images must not be read through a VM. Its executor looks at links. */
function* sourceProblems({ disks, boot }: VmParts, context: VmContext): Generator<BodyProblem> {
  const sources = [
    ...disks.map(({ value, path }) => ({ path: `${path}.image`, source: value.image?.source ?? "" })),
    { path: "boot.kernel", source: boot.kernel },
    { path: "boot.initrd", source: boot.initrd },
  ];
  const directory = context.imagePath.replace(/\/+$/, "");
  for (const { path, source } of sources) {
    const file = filePath(source);
    if (file === undefined || context.presentSources?.has(source) === true) continue;
    if (!directory.startsWith("/"))
      yield impossible(
        path,
        `${source} is a file of the agents' hosts, and the scheduler has no directory of images there: start it with -vm_image_path <directory>, or give an http:// or https:// URL`,
      );
    else if (!file.startsWith(`${directory}/`))
      yield impossible(
        path,
        `${source} is not below ${directory}: only files below -vm_image_path are images; put it there, or give an http:// or https:// URL`,
      );
  }
}

/** A guest reads and writes all of its disks. Its executor looks at links. */
function* diskPathProblems({ disks }: VmParts, { diskPaths, presentSources }: VmContext): Generator<BodyProblem> {
  const allowed = ["/dev", ...diskPaths.map((path) => path.replace(/\/+$/, ""))];
  for (const { value: disk, path } of disks) {
    const file = disk.path.replaceAll(/\/+/g, "/");
    if (file === "" || presentSources?.has(disk.path) === true) continue;
    if (!allowed.some((directory) => file.startsWith(`${directory}/`)))
      yield impossible(
        `${path}.path`,
        `${disk.path} is not below ${diskPaths.join(", ")}: only files there, and block devices below /dev, are disks; put it there, or start the scheduler with its directory in -vm_disk_path`,
      );
  }
}

/** Two VMs do not write to one disk, and none reads what another one writes, whether they run or not. */
function* takenDiskProblems(
  { disks, host, attributes }: VmParts,
  others: readonly VmSpec[],
  { before }: VmContext,
): Generator<BodyProblem> {
  const plain = (path: string) => path.replaceAll(/\/+/g, "/");
  const samePlace =
    before?.units[0].host.toLowerCase() === host.toLowerCase() &&
    JSON.stringify(before.attributes) === JSON.stringify(attributes);
  const isAsBefore = ({ path, readOnly, shared }: DiskSpec) =>
    samePlace && before.disks.some((one) => one.path === path && one.readOnly === readOnly && one.shared === shared);
  for (const { value: disk, path } of disks) {
    if (disk.path === "" || isAsBefore(disk)) continue;
    for (const other of others) {
      const theirs = other.disks.find((one) => plain(one.path) === plain(disk.path));
      if (theirs === undefined || (theirs.readOnly && disk.readOnly)) continue;
      const [unit] = other.units;
      // A path of two hosts is two files, where no storage is shared. Its executor looks whose it is where it runs.
      const sameHost = unit.host.toLowerCase() === host.toLowerCase();
      const samePlaces = host !== "*" || JSON.stringify(other.attributes) === JSON.stringify(attributes);
      if (!disk.shared && !theirs.shared && !(sameHost && samePlaces)) continue;
      const words = `${disk.path} is disk "${theirs.name}" of VM "${other.name}", and two VMs do not write to one disk`;
      yield impossible(`${path}.path`, `${words}: give another one, or remove it there`);
    }
  }
}

/** Ports of a host that is named: of other workloads that are to run there. */
function* claimedPortProblems({ name, nics, host }: VmParts, claimed: readonly ClaimedPort[]): Generator<BodyProblem> {
  for (const { value: nic, path } of nics)
    for (const [index, { hostPort, protocol }] of nic.ports.entries()) {
      const other = claimed.find((one) => one.workload !== name && isSamePort(one, { host, port: hostPort, protocol }));
      if (other === undefined) continue;
      yield impossible(
        `${path}.ports[${index}]`,
        `port ${hostPort}/${protocol} of host ${host} is used by ${other.owner}`,
      );
    }
}

function* cpuProblems(
  { cpus, maxCpus, topology, mem, maxMem, balloon }: VmParts,
  { sizes }: VmContext,
): Generator<BodyProblem> {
  const count = Math.ceil(cpus);
  const maximum = maxCpus ?? count;
  if (maximum < count) yield input("maxCpus", `${maximum} is less than the ${count} virtual CPUs of cpus ${cpus}`);
  if (maxMem !== undefined && maxMem < mem) yield input("maxMem", `${maxMem} MiB is less than mem, ${mem} MiB`);
  const isKept = sizes?.mem === mem && sizes.memory.maximumMib === maxMem && !sizes.devices.balloon;
  if (maxMem !== undefined && maxMem > mem && !balloon && !isKept)
    yield input(
      "maxMem",
      `is more than mem, ${mem} MiB, which needs devices.balloon: without it the guest has all of maxMem`,
    );
  const { sockets, cores, threads } = topology;
  if (sockets + cores + threads === 0) return;
  const product = Math.max(1, sockets) * Math.max(1, cores) * Math.max(1, threads);
  if (product !== maximum)
    yield input(
      "sockets",
      `sockets × cores × threads are ${product}, and not the ${maximum} virtual CPUs that it may have (maxCpus)`,
    );
}

const inBlock = (address: string, block: string) => {
  const [base = "", prefix = ""] = block.split("/");
  const [left, right] = [parseAddress(address), parseAddress(base)];
  const size = 2 ** (32 - Number(prefix));
  return left !== undefined && right !== undefined && Math.floor(left / size) === Math.floor(right / size);
};

/** Fields of a NIC that only some types of networks have. */
const onlyFor = [
  ["namespace", ["netns"]],
  ["uplink", ["bridge", "netns", "ovs"]],
  ["address", ["bridge", "netns"]],
  ["mode", ["macvtap"]],
  ["vlan", ["bridge", "netns", "ovs"]],
  ["ingressKbps", ["ovs"]],
  ["egressKbps", ["ovs"]],
] as const satisfies readonly (readonly [keyof NicSpec, readonly string[]])[];

function* nicProblems({ nics, host, name }: VmParts, existing: readonly VmSpec[]): Generator<BodyProblem> {
  yield* repeats(nics, ({ nic }) => nic, "name", "nic");
  yield* repeats(nics, ({ mac }) => mac, "MAC address", "mac");
  yield* repeats(nics, ({ ip }) => ip, "address", "ip");
  const taken = new Map<string, string>();
  for (const { value: nic, path } of nics) {
    for (const [field, types] of onlyFor)
      if (nic[field] !== "" && nic[field] !== 0 && !types.some((one) => one === nic.type))
        yield input(`${path}.${field}`, `is for a network of type ${types.join(" or ")}, and not for ${nic.type}`);
    // Linux' limit for names of links.
    if (["bridge", "netns", "ovs", "macvtap"].includes(nic.type) && nic.network.length > 15)
      yield input(`${path}.name`, "is longer than 15 characters, which no link of Linux is");
    if (nic.ip !== "" && !nic.ip.includes("/") && nic.type !== "docker")
      yield input(
        `${path}.ip`,
        "must have its prefix length, like 10.77.0.9/24: only a Docker network knows it itself",
      );
    if (nic.gateway !== "" && nic.ip.includes("/") && !inBlock(nic.gateway, nic.ip))
      yield input(`${path}.gateway`, `${nic.gateway} is not in the network of ${nic.ip}`);
    if (nic.antiSpoofing && nic.ip === "")
      yield input(`${path}.antiSpoofing`, "needs an ip: without it every address would be a foreign one");
    if (nic.ports.length > 0 && nic.ip === "")
      yield input(`${path}.ports`, "need an ip: nobody else knows where to send what comes to the port of the host");
    for (const [index, { hostPort, protocol }] of nic.ports.entries()) {
      const place = `${path}.ports[${index}]`;
      const key = `${hostPort}/${protocol}`;
      const first = taken.get(key);
      if (first === undefined) taken.set(key, place);
      else yield input(place, `port ${key} of the host is used by ${first} already`);
    }
    for (const other of existing) {
      if (other.name === name) continue;
      for (const theirs of other.nics) {
        const sameNetwork =
          theirs.type === nic.type && theirs.network === nic.network && theirs.namespace === nic.namespace;
        if (nic.mac !== "" && theirs.mac === nic.mac)
          yield impossible(`${path}.mac`, `${nic.mac} belongs to NIC "${theirs.nic}" of VM "${other.name}"`);
        // Bridges of one name on two hosts need not be one network.
        const sameLan = sameNetwork && (nic.type === "docker" || host === "*" || other.units[0].host === host);
        if (nic.ip !== "" && sameLan && theirs.ip.split("/")[0] === nic.ip.split("/")[0])
          yield impossible(`${path}.ip`, `${nic.ip} in network ${nic.network} belongs to VM "${other.name}"`);
      }
    }
  }
}

/** `whole`: no part was left out because of its shape, so that what is missing is missing. */
export function* checkVm(parts: VmParts, context: VmContext, whole: boolean): Generator<BodyProblem> {
  const { existing, roles } = context;
  const others = existing.filter(({ name }) => name !== parts.name);
  const owner = parts.id === "" ? undefined : others.find(({ id }) => id === parts.id);
  if (owner !== undefined) yield impossible("id", `"${parts.id}" is the id of VM "${owner.name}"`);
  if (parts.spread !== undefined && parts.group === undefined)
    yield input("group", "is missing: it names the VMs among which this one is spread");
  yield* cpuProblems(parts, context);
  yield* bootProblems(parts);
  yield* diskProblems(parts, context, whole);
  yield* sourceProblems(parts, context);
  yield* diskPathProblems(parts, context);
  yield* takenDiskProblems(parts, others, context);
  yield* nicProblems(parts, others);
  yield* claimedPortProblems(parts, context.claimedPorts);
  const reserved = parts.reservation ? [{ path: "reservation", what: `VM "${parts.name}"`, owner: "VM" }] : [];
  yield* roleProblems(parts.role, roles, reserved);
}

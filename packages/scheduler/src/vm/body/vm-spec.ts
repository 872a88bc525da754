// The specification of a virtual machine: what an operator asked for, checked and normalised. It is stored, and everything else follows
// from it. Nothing in it is secret: passwords, user data and network configurations are stored apart (secrets/).
import { z } from "zod";
import { unitSpecShape, workloadSpecShape } from "../../workload/records/workload-spec.ts";

/** Name of the one unit of a VM. */
export const vmUnit = "vm";

export const bootTypes = ["hd", "cdrom", "network", "kernel"] as const;
export const restartPolicies = ["always", "on-failure", "never"] as const;
/** As executors have it for a kill that says nothing. */
export const defaultGraceSeconds = 60;
export type RestartPolicy = (typeof restartPolicies)[number];

const image = z.object({
  /** http(s)://…, file:///…, or a name below -vm_image_path. */
  source: z.string(),
  /** Lower-case hexadecimal; "": not checked. */
  sha256: z.string(),
  /** qcow2, raw; "": found out. */
  format: z.string(),
});

export const diskRoles = ["system", "data", "cdrom"] as const;
const disk = z.object({
  name: z.string(),
  role: z.enum(diskRoles),
  image: image.optional(),
  /** 0: the size of the image. */
  sizeMib: z.number(),
  format: z.string(),
  bus: z.string(),
  cache: z.string(),
  discard: z.boolean(),
  readOnly: z.boolean(),
  limits: z
    .object({
      readBytesPerSecond: z.number(),
      writeBytesPerSecond: z.number(),
      readIops: z.number(),
      writeIops: z.number(),
    })
    .optional(),
  /** A disk that exists already; "": CKE makes and keeps it. */
  path: z.string(),
  /** `path` is on storage that several hosts share. */
  shared: z.boolean(),
  fenced: z.boolean().default(false),
  serial: z.string(),
});
export type DiskSpec = Readonly<z.infer<typeof disk>>;

export const networkTypes = ["bridge", "netns", "macvtap", "ovs", "docker"] as const;
export type NetworkType = (typeof networkTypes)[number];

const port = z.object({
  hostPort: z.number(),
  guestPort: z.number(),
  protocol: z.enum(["tcp", "udp"]),
  hostIp: z.string(),
});
export type PortSpec = Readonly<z.infer<typeof port>>;

const nic = z.object({
  /** Of the NIC, unique in the VM. */
  nic: z.string(),
  type: z.enum(networkTypes),
  /** Of the network: a bridge, the parent link of a macvtap, or a Docker network. */
  network: z.string(),
  namespace: z.string(),
  uplink: z.string(),
  /** 0: none. */
  vlan: z.number(),
  /** Of the bridge itself, with its prefix length; "": none. */
  address: z.string(),
  /** Of a macvtap; "": bridge. */
  mode: z.string(),
  /** Of an Open vSwitch port; 0: no limit. */
  ingressKbps: z.number(),
  egressKbps: z.number(),
  mac: z.string(),
  /** With its prefix length; "": the guest asks for one. */
  ip: z.string(),
  gateway: z.string(),
  dns: z.array(z.string()),
  model: z.string(),
  queues: z.number(),
  mtu: z.number(),
  antiSpoofing: z.boolean(),
  ports: z.array(port),
});
export type NicSpec = Readonly<z.infer<typeof nic>>;

/** What a seed disk is made of, without its secrets. */
const seed = z.object({
  hostname: z.string(),
  user: z.string(),
  sshKeys: z.array(z.string()),
  /** There is a secret of that name. */
  password: z.boolean(),
  userData: z.boolean(),
  networkConfig: z.boolean(),
  /** Counts the changes of these secrets, so that the seed is written anew. */
  secretsVersion: z.number().default(0),
});
export type SeedSpec = Readonly<z.infer<typeof seed>>;

const boot = z.object({
  type: z.enum(bootTypes),
  firmware: z.enum(["bios", "uefi"]),
  machine: z.string(),
  kernel: z.string(),
  kernelSha256: z.string(),
  initrd: z.string(),
  initrdSha256: z.string(),
  commandLine: z.string(),
});

const devices = z.object({
  vnc: z.boolean(),
  rng: z.boolean(),
  balloon: z.boolean(),
  watchdog: z.string(),
  panic: z.boolean(),
  tpm: z.boolean(),
  agent: z.boolean(),
});

export const machineShape = {
  title: z.string(),
  osInfo: z.string(),
  /** CPUs that Mesos accounts for; the guest has as many virtual ones, rounded up. */
  cpus: z.number(),
  cpu: z.object({
    /** Virtual CPUs that the guest may have without a new start; at least as many as it has. */
    maximum: z.number(),
    /** An operator has named it, so that it does not follow from `cpus`. */
    maximumGiven: z.boolean().default(false),
    sockets: z.number(),
    cores: z.number(),
    threads: z.number(),
    model: z.string(),
    quota: z.boolean(),
  }),
  /** MiB of the guest. */
  mem: z.number(),
  memory: z.object({
    maximumMib: z.number(),
    /** An operator has named it, so that it does not follow from `mem`. */
    maximumGiven: z.boolean().default(false),
    /** Of the emulator, beside `mem`. It is decided once, so that another version of CKE changes no reservation. */
    overheadMib: z.number(),
    hugePages: z.boolean(),
  }),
  boot,
  disks: z.array(disk),
  nics: z.array(nic),
  /** Absent: no seed disk. */
  seed: seed.optional(),
  devices,
  restart: z.enum(restartPolicies),
  /** How long its guest may take to shut down before it is ended. */
  shutdownGraceSeconds: z.number().default(defaultGraceSeconds),
} as const;

const vmUnitShape = { ...unitSpecShape, stateful: z.boolean() } as const;

/** The VM of whose disks those of a clone are copies, as it was then. */
const origin = z.object({
  vm: z.string(),
  uuid: z.string(),
  instance: z.string(),
  /** "": of its disks as they were. */
  snapshot: z.string(),
  /** That are copies, with the formats of the disks that are copied. */
  disks: z.array(z.object({ name: z.string(), format: z.string() })),
});

/** A disk that was taken out and is on its host still. */
const keptDisk = z.object({
  name: z.string(),
  sizeMib: z.number(),
  format: z.string(),
  /** Of the VM that it belongs to: another instance of it has another one. */
  uuid: z.string(),
  host: z.string(),
});
export type KeptDisk = Readonly<z.infer<typeof keptDisk>>;

export const vmSpecSchema = z.object({
  ...workloadSpecShape,
  /** The guest, and the parts of its move to another host while there is one (migration/move-units.ts). */
  units: z.tuple([z.object(vmUnitShape)], z.object({ ...vmUnitShape, late: z.literal(true) })),
  /** The operator's own id of it; "" for none. */
  id: z.string(),
  /** Of the domain. */
  uuid: z.string(),
  /** The instance whose UUID is the operator's `id` where that is one; "" while there was no other. */
  firstInstance: z.string().default(""),
  /** Of the secrets that its seed has, or had before it was removed, so that no seed is taken for an earlier one. */
  secretsVersion: z.number().default(0),
  label: z.record(z.string(), z.string()),
  region: z.string(),
  zone: z.string(),
  /** The guest stands still, and keeps its memory. */
  paused: z.boolean(),
  /** It is never started, only cloned. */
  template: z.boolean().default(false),
  /**
   * Start of the maintenance of its agent for which it is not moved by itself, because the move for it was given up, UNIX ms.
   * Absent: none was.
   */
  staysForMs: z.number().optional(),
  /** Names of its snapshots, as its executor told them last. Absent: they are not known. */
  snapshots: z.array(z.string()).optional(),
  /** Absent: it is no clone, or one without copied disks. */
  origin: origin.optional(),
  /** Absent: nothing was taken out, or by a version that did not note it. */
  keptDisks: z.array(keptDisk).optional(),
  ...machineShape,
});
export type VmSpec = Readonly<z.infer<typeof vmSpecSchema>>;
/** The part that makes the domain. */
/** True when its host alone has one of its disks: what all hosts reach may move to any of them. */
export const hasOwnDisks = ({ disks }: Pick<VmSpec, "disks">): boolean =>
  disks.some(({ role, shared }) => role !== "cdrom" && !shared);

export type MachineSpec = Pick<VmSpec, keyof typeof machineShape>;

// The parts and time limits that the driver of virtual machines is made with.
import type { Clock, Logger } from "@cke/foundation";
import type { DirectorySettings, VmDirectories } from "../host/vm-directories.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { ConnectHypervisor } from "../hypervisor/hypervisor.ts";
import type { Disks } from "../ports/disks.ts";
import type { Networks } from "../ports/networks.ts";
import type { Seeds } from "../ports/seed.ts";

/** What the scheduler says of files of the host. */
export interface PortSettings {
  /** -vm_image_path: where the files are that may be images; "" for none. */
  readonly imagePath: string;
  /** -vm_disk_path: directories below which a disk may have a path of its own. */
  readonly diskPaths: readonly string[];
}

export interface VmPorts {
  readonly disks: Disks;
  readonly seeds: Seeds;
  readonly networks: Networks;
}

export interface VmDriverOptions {
  readonly host: VmHost;
  readonly connect: ConnectHypervisor;
  readonly ports: (settings: PortSettings, directories: VmDirectories) => VmPorts;
  readonly directories: DirectorySettings;
  /** Of the executor's own flag or environment; "" for none. It wins over the scheduler's. */
  readonly libvirtUri: string;
  /** Where libvirt writes what QEMU says: the executor's own setting, which wins over the scheduler's; "" for none. */
  readonly domainLogDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the agent waits after SHUTDOWN, in ms. */
  readonly shutdownGraceMs: number;
  /** How long a kill of the VM waits for the order to remove its data; default 6 s, because the scheduler repeats it every 5 s. */
  readonly orderMs?: number;
}

// What the definition of a domain is made of, beside the VM's own definition.
import type { VmDefinition } from "@cke/protocol";
import type { PreparedDisk, PreparedKernel } from "../ports/disks.ts";
import type { PreparedNic } from "../ports/networks.ts";

export interface FirmwareFiles {
  /** Read only, shared. */
  readonly code: string;
  /** What the VM's own variables begin as. */
  readonly template: string;
  /** The VM's own variables. */
  readonly variables: string;
}

export interface DomainParts {
  readonly name: string;
  readonly uuid: string;
  readonly definition: VmDefinition;
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of definition.disks. */
  readonly disks: readonly PreparedDisk[];
  /** By disk name, the seed's too. */
  readonly targets: ReadonlyMap<string, string>;
  /** In the order of definition.nics. */
  readonly nics: readonly PreparedNic[];
  /** "" for none. */
  readonly seedPath: string;
  readonly kernel: PreparedKernel | undefined;
  readonly firmware: FirmwareFiles | undefined;
  readonly acceleration: "kvm" | "qemu";
  /** As Node names it: x64, arm64. */
  readonly architecture: string;
  readonly sockets: VmSockets;
  readonly consoleLog: string;
}

/** UNIX sockets of what runs. */
export interface VmSockets {
  readonly vnc: string;
  readonly serial: string;
}

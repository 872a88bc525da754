// What the daemon and its host are.
import type { CallOptions } from "../call.ts";

export interface NodeInfo {
  /** `x86_64`. */
  readonly model: string;
  readonly memoryKib: number;
  readonly cpus: number;
  readonly mhz: number;
  readonly numaNodes: number;
  readonly socketsPerNode: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

/** `9.0.0`, as text and as a number (major * 1000000 + minor * 1000 + release). */
export interface LibraryVersion {
  readonly text: string;
  readonly number: number;
}

export interface DomainCapabilitiesQuery extends CallOptions {
  /** Path of the QEMU binary. */
  readonly emulator?: string;
  /** `x86_64`. */
  readonly arch?: string;
  /** `q35`, `pc`, … */
  readonly machine?: string;
  /** `kvm` or `qemu`. */
  readonly virtType?: string;
}

export interface Host {
  /** Version of the daemon. virConnectGetLibVersion, since 0.7.3. */
  libvirtVersion(options?: CallOptions): Promise<LibraryVersion>;
  /** Version of QEMU. virConnectGetVersion, since 0.0.3. `number` 0 when no QEMU is installed. */
  hypervisorVersion(options?: CallOptions): Promise<LibraryVersion>;
  /** virConnectGetHostname, since 0.3.0. */
  hostname(options?: CallOptions): Promise<string>;
  /** virConnectGetURI, since 0.3.0. */
  uri(options?: CallOptions): Promise<string>;
  /** virNodeGetInfo, since 0.1.0. */
  nodeInfo(options?: CallOptions): Promise<NodeInfo>;
  /** virNodeGetFreeMemory, since 0.3.3: bytes. */
  freeMemory(options?: CallOptions): Promise<number>;
  /** XML `<capabilities>`. virConnectGetCapabilities, since 0.2.1. */
  capabilities(options?: CallOptions): Promise<string>;
  /** XML `<domainCapabilities>`: machine types, CPU models, firmware, devices. virConnectGetDomainCapabilities, since 1.2.7. */
  domainCapabilities(query?: DomainCapabilitiesQuery): Promise<string>;
}

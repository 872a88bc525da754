// Disks of a domain: size, figures, limits. A disk is named by its target (`vda`) or its source's path.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";
import type { SizingOptions } from "./sizing.ts";

/** Bytes. */
export interface BlockInfo {
  /** What the guest sees. */
  readonly capacity: number;
  /** What is allocated on the host. */
  readonly allocation: number;
  /** Size of the container (file or device). */
  readonly physical: number;
}

/** Since the guest's start; times are nanoseconds. A figure that the driver does not have is missing. */
export interface BlockStats {
  readonly readBytes?: number | undefined;
  readonly readRequests?: number | undefined;
  readonly readNs?: number | undefined;
  readonly writeBytes?: number | undefined;
  readonly writeRequests?: number | undefined;
  readonly writeNs?: number | undefined;
  readonly flushRequests?: number | undefined;
  readonly flushNs?: number | undefined;
  readonly errors?: number | undefined;
}

/** Limits of throughput; 0 is none. `total` excludes `read` and `write`. `Max`: burst, for `MaxLength` seconds. */
export interface BlockIoTune {
  readonly totalBytesSec?: number | undefined;
  readonly readBytesSec?: number | undefined;
  readonly writeBytesSec?: number | undefined;
  readonly totalIopsSec?: number | undefined;
  readonly readIopsSec?: number | undefined;
  readonly writeIopsSec?: number | undefined;
  readonly totalBytesSecMax?: number | undefined;
  readonly readBytesSecMax?: number | undefined;
  readonly writeBytesSecMax?: number | undefined;
  readonly totalIopsSecMax?: number | undefined;
  readonly readIopsSecMax?: number | undefined;
  readonly writeIopsSecMax?: number | undefined;
  readonly totalBytesSecMaxLength?: number | undefined;
  readonly readBytesSecMaxLength?: number | undefined;
  readonly writeBytesSecMaxLength?: number | undefined;
  readonly totalIopsSecMaxLength?: number | undefined;
  readonly readIopsSecMaxLength?: number | undefined;
  readonly writeIopsSecMaxLength?: number | undefined;
  /** Bytes of one request for the limits of requests. */
  readonly sizeIopsSec?: number | undefined;
  /** Disks of one group share its limits. */
  readonly groupName?: string | undefined;
}

/** Bytes and packets of a NIC since the guest's start, seen from the guest. */
export interface InterfaceStats {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDrops: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDrops: number;
}

export interface DiskError {
  /** Target, for example `vda`. */
  readonly disk: string;
  readonly error: "none" | "unspecified" | "no-space";
}

export interface Disks {
  /** virDomainBlockResize, since 0.9.8. Bytes; the domain must run. */
  resize(domain: DomainRef, disk: string, bytes: number, options?: CallOptions): Promise<void>;
  /** virDomainGetBlockInfo, since 0.8.1. */
  info(domain: DomainRef, disk: string, options?: CallOptions): Promise<BlockInfo>;
  /** virDomainBlockStatsFlags, since 0.9.5. The domain must run. */
  stats(domain: DomainRef, disk: string, options?: CallOptions): Promise<BlockStats>;
  /** virDomainGetDiskErrors, since 0.9.10: disks whose errors paused the guest. The domain must run. */
  errors(domain: DomainRef, options?: CallOptions): Promise<readonly DiskError[]>;
  /** virDomainGetBlockIoTune, since 0.9.8. */
  ioTune(domain: DomainRef, disk: string, options?: SizingOptions): Promise<BlockIoTune>;
  /** virDomainSetBlockIoTune, since 0.9.8. What is missing of a group (bytes, requests) becomes none. */
  setIoTune(domain: DomainRef, disk: string, tune: BlockIoTune, options?: SizingOptions): Promise<void>;
  /** virDomainSetBlockThreshold, since 3.1.0: one event `block-threshold` when this many bytes are allocated. 0 clears it. */
  setThreshold(domain: DomainRef, device: string, bytes: number, options?: CallOptions): Promise<void>;
  /** virDomainInterfaceStats, since 0.3.2. `device`: MAC address (since 4.10.0) or name of the interface on the host. */
  interfaceStats(domain: DomainRef, device: string, options?: CallOptions): Promise<InterfaceStats>;
}

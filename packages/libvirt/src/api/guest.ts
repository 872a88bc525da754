// What the agent in the guest does and tells, and QEMU's own monitor.
import type { CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface GuestFileSystem {
  readonly mountpoint: string;
  readonly name: string;
  /** `ext4`, … */
  readonly type: string;
  /** Targets of the disks, for example `vda`. */
  readonly disks: readonly string[];
}

export interface GuestInterface {
  readonly name: string;
  readonly mac: string | undefined;
  readonly addresses: readonly {
    readonly family: "ipv4" | "ipv6";
    readonly address: string;
    readonly prefix: number;
  }[];
}

/** Who is asked for addresses: DHCP leases of libvirt's networks, the guest agent, or the host's ARP table (since 4.2.0). */
export type AddressSource = "lease" | "agent" | "arp";

/** Without an answering agent: `agent-unresponsive`; without an agent in the definition: `argument-unsupported`. */
export interface Guest {
  /**
   * Any command of the guest agent, as JSON; the answer is JSON. virDomainQemuAgentCommand, since 0.10.0 (program qemu). `timeoutSeconds`
   * is how long the daemon waits; libvirt's default (5 s) when missing.
   */
  agentCommand(
    domain: DomainRef,
    command: string,
    options?: CallOptions & { readonly timeoutSeconds?: number },
  ): Promise<string>;
  /**
   * How long the daemon waits for any answer of this guest's agent, in seconds, from now on, also for calls that wait already.
   * virDomainAgentSetResponseTimeout, since 5.10.0. Without it a daemon waits for most answers for ever.
   */
  setResponseTimeout(domain: DomainRef, seconds: number, options?: CallOptions): Promise<void>;
  /** Any command of QEMU's monitor, as JSON. virDomainQemuMonitorCommand, since 0.8.3 (program qemu). It marks the domain as tainted. */
  monitorCommand(domain: DomainRef, command: string, options?: CallOptions): Promise<string>;
  /** virDomainFSFreeze, since 1.2.5. Returns how many file systems. Without `mountpoints` all. */
  freeze(domain: DomainRef, options?: CallOptions & { readonly mountpoints?: readonly string[] }): Promise<number>;
  /** virDomainFSThaw, since 1.2.5. */
  thaw(domain: DomainRef, options?: CallOptions): Promise<number>;
  /** virDomainFSTrim, since 1.0.1. */
  trim(domain: DomainRef, options?: CallOptions & { readonly mountpoint?: string }): Promise<void>;
  /** virDomainGetFSInfo, since 1.2.11. */
  fileSystems(domain: DomainRef, options?: CallOptions): Promise<readonly GuestFileSystem[]>;
  /** virDomainInterfaceAddresses, since 1.2.14. */
  interfaces(domain: DomainRef, source: AddressSource, options?: CallOptions): Promise<readonly GuestInterface[]>;
  /** virDomainGetHostname, since 0.10.0. */
  hostname(domain: DomainRef, options?: CallOptions): Promise<string>;
  /** virDomainGetTime, since 1.2.5: UNIX time in milliseconds. */
  time(domain: DomainRef, options?: CallOptions): Promise<number>;
  /** virDomainSetTime, since 1.2.5. */
  setTime(domain: DomainRef, ms: number, options?: CallOptions): Promise<void>;
  /** virDomainSetUserPassword, since 1.2.16. `hashed`: as crypt(3) makes it. */
  setUserPassword(
    domain: DomainRef,
    user: string,
    password: string,
    options?: CallOptions & { readonly hashed?: boolean },
  ): Promise<void>;
  /** virDomainSendKey, since 0.9.3: key codes of Linux' input layer, pressed together for `holdMs`. At most 16. */
  sendKey(
    domain: DomainRef,
    keys: readonly number[],
    options?: CallOptions & { readonly holdMs?: number },
  ): Promise<void>;
}

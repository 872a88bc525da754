import type { CallOptions } from "../api/call.ts";
import type { DomainRef } from "../api/domain.ts";
import type { AddressSource, Guest, GuestFileSystem, GuestInterface } from "../api/guest.ts";
import * as qemu from "../generated/qemu.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { flags } from "./values/flags.ts";

/** virDomainInterfaceAddressesSource. */
const sources: Readonly<Record<AddressSource, number>> = { lease: 0, agent: 1, arp: 2 };
/** VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT. */
const defaultTimeout = -1;

export class GuestCalls implements Guest {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async agentCommand(
    domain: DomainRef,
    command: string,
    { timeoutSeconds, signal }: CallOptions & { readonly timeoutSeconds?: number } = {},
  ): Promise<string> {
    const args = { domain: wireDomain(domain), cmd: command, timeout: timeoutSeconds ?? defaultTimeout, flags: 0 };
    return (await this.#caller.call(qemu.domainAgentCommand, args, signal)).result ?? "";
  }

  async setResponseTimeout(domain: DomainRef, seconds: number, { signal }: CallOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), timeout: seconds, flags: 0 };
    await this.#caller.call(remote.domainAgentSetResponseTimeout, args, signal);
  }

  async monitorCommand(domain: DomainRef, command: string, { signal }: CallOptions = {}): Promise<string> {
    const args = { domain: wireDomain(domain), cmd: command, flags: 0 };
    return (await this.#caller.call(qemu.domainMonitorCommand, args, signal)).result;
  }

  async freeze(
    domain: DomainRef,
    { mountpoints, signal }: CallOptions & { readonly mountpoints?: readonly string[] } = {},
  ): Promise<number> {
    const args = { domain: wireDomain(domain), mountpoints: mountpoints ?? [], flags: 0 };
    return (await this.#caller.call(remote.domainFsfreeze, args, signal)).filesystems;
  }

  async thaw(domain: DomainRef, { signal }: CallOptions = {}): Promise<number> {
    const args = { domain: wireDomain(domain), mountpoints: [], flags: 0 };
    return (await this.#caller.call(remote.domainFsthaw, args, signal)).filesystems;
  }

  async trim(
    domain: DomainRef,
    { mountpoint, signal }: CallOptions & { readonly mountpoint?: string } = {},
  ): Promise<void> {
    const args = { domain: wireDomain(domain), mountPoint: mountpoint, minimum: 0, flags: 0 };
    await this.#caller.call(remote.domainFstrim, args, signal);
  }

  async fileSystems(domain: DomainRef, { signal }: CallOptions = {}): Promise<readonly GuestFileSystem[]> {
    const { info } = await this.#caller.call(remote.domainGetFsinfo, { domain: wireDomain(domain), flags: 0 }, signal);
    return info.map(({ mountpoint, name, fstype, devAliases }) => ({
      mountpoint,
      name,
      type: fstype,
      disks: devAliases,
    }));
  }

  async interfaces(
    domain: DomainRef,
    source: AddressSource,
    { signal }: CallOptions = {},
  ): Promise<readonly GuestInterface[]> {
    const args = { domain: wireDomain(domain), source: sources[source], flags: 0 };
    const { ifaces } = await this.#caller.call(remote.domainInterfaceAddresses, args, signal);
    return ifaces.map(({ name, hwaddr, addrs }) => ({
      name,
      mac: hwaddr,
      // virIPAddrType: 0 is IPv4, 1 IPv6
      addresses: addrs.map(({ type, addr, prefix }) => ({
        family: type === 1 ? "ipv6" : "ipv4",
        address: addr,
        prefix,
      })),
    }));
  }

  async hostname(domain: DomainRef, { signal }: CallOptions = {}): Promise<string> {
    const args = { domain: wireDomain(domain), flags: 0 };
    return (await this.#caller.call(remote.domainGetHostname, args, signal)).hostname;
  }

  async time(domain: DomainRef, { signal }: CallOptions = {}): Promise<number> {
    const args = { domain: wireDomain(domain), flags: 0 };
    const { seconds, nseconds } = await this.#caller.call(remote.domainGetTime, args, signal);
    return seconds * 1_000 + Math.floor(nseconds / 1_000_000);
  }

  async setTime(domain: DomainRef, ms: number, { signal }: CallOptions = {}): Promise<void> {
    const seconds = Math.floor(ms / 1_000);
    const nseconds = Math.floor(ms - seconds * 1_000) * 1_000_000;
    await this.#caller.call(remote.domainSetTime, { domain: wireDomain(domain), seconds, nseconds, flags: 0 }, signal);
  }

  async setUserPassword(
    domain: DomainRef,
    user: string,
    password: string,
    { hashed, signal }: CallOptions & { readonly hashed?: boolean } = {},
  ): Promise<void> {
    const args = { domain: wireDomain(domain), user, password, flags: flags([hashed, 1]) };
    await this.#caller.call(remote.domainSetUserPassword, args, signal);
  }

  async sendKey(
    domain: DomainRef,
    keys: readonly number[],
    { holdMs, signal }: CallOptions & { readonly holdMs?: number } = {},
  ): Promise<void> {
    // Code set 0 is that of Linux.
    const args = { domain: wireDomain(domain), codeset: 0, holdtime: holdMs ?? 50, keycodes: keys, flags: 0 };
    await this.#caller.call(remote.domainSendKey, args, signal);
  }
}

import type { DeviceOptions, Devices } from "../api/devices.ts";
import type { DomainRef } from "../api/domain.ts";
import * as remote from "../generated/remote.ts";
import type { Caller } from "../rpc/caller.ts";
import { wireDomain } from "./values/domain-values.ts";
import { affectFlags, flags } from "./values/flags.ts";

/** virDomainDeviceModifyFlags. */
const modifyFlags = ({ affect, force }: DeviceOptions): number => affectFlags(affect) + flags([force, 4]);

export class DeviceCalls implements Devices {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  async attach(domain: DomainRef, xml: string, options: DeviceOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), xml, flags: modifyFlags(options) };
    await this.#caller.call(remote.domainAttachDeviceFlags, args, options.signal);
  }

  async detach(domain: DomainRef, xml: string, options: DeviceOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), xml, flags: modifyFlags(options) };
    await this.#caller.call(remote.domainDetachDeviceFlags, args, options.signal);
  }

  async detachAlias(domain: DomainRef, alias: string, options: DeviceOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), alias, flags: modifyFlags(options) };
    await this.#caller.call(remote.domainDetachDeviceAlias, args, options.signal);
  }

  async update(domain: DomainRef, xml: string, options: DeviceOptions = {}): Promise<void> {
    const args = { domain: wireDomain(domain), xml, flags: modifyFlags(options) };
    await this.#caller.call(remote.domainUpdateDeviceFlags, args, options.signal);
  }
}

// Devices of a domain: attach, detach, update.
import type { Affect, CallOptions } from "./call.ts";
import type { DomainRef } from "./domain.ts";

export interface DeviceOptions extends CallOptions {
  /** Default `current`. */
  readonly affect?: Affect;
  /** Of `update`: eject a medium that the guest has locked. */
  readonly force?: boolean;
}

export interface Devices {
  /** virDomainAttachDeviceFlags, since 0.7.7. `xml`: the element of one device (`<disk>`, `<interface>`, …). */
  attach(domain: DomainRef, xml: string, options?: DeviceOptions): Promise<void>;
  /**
   * virDomainDetachDeviceFlags, since 0.7.7. Live, it asks the guest, and may return before the guest has let go: the event
   * `device-removed` tells.
   */
  detach(domain: DomainRef, xml: string, options?: DeviceOptions): Promise<void>;
  /** virDomainDetachDeviceAlias, since 4.4.0. Always only asks the guest when live: wait for `device-removed`. */
  detachAlias(domain: DomainRef, alias: string, options?: DeviceOptions): Promise<void>;
  /** virDomainUpdateDeviceFlags, since 0.8.0: another medium in a drive, another link state or bandwidth of a NIC, and so on. */
  update(domain: DomainRef, xml: string, options?: DeviceOptions): Promise<void>;
}

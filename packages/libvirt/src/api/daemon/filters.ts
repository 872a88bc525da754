// Network filters (nwfilter): rules that the daemon sets for the NICs that name one.
import type { CallOptions } from "../call.ts";

export interface Filter {
  readonly name: string;
  readonly uuid: string;
}

/** Needs libvirt's nwfilter driver (Debian: libvirt-daemon-driver-nwfilter or libvirt-daemon-system) and ebtables and iptables. */
export interface Filters {
  /** virNWFilterDefineXML, since 0.8.0. Defines or replaces; running guests that use it get the new rules. */
  define(xml: string, options?: CallOptions): Promise<Filter>;
  /** virNWFilterUndefine, since 0.8.0. `operation-invalid` while a guest uses it. */
  undefine(filter: Filter, options?: CallOptions): Promise<void>;
  /** virNWFilterLookupByName, since 0.8.0. Undefined when there is none. */
  byName(name: string, options?: CallOptions): Promise<Filter | undefined>;
  /** virNWFilterGetXMLDesc, since 0.8.0. */
  xml(filter: Filter, options?: CallOptions): Promise<string>;
  /** virConnectListAllNWFilters, since 0.10.2. */
  list(options?: CallOptions): Promise<readonly Filter[]>;
}

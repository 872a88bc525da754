// What the executor needs of the networks of a VM. Implementations throw CkeError: its code is the `cause` of the report
// (network_missing, ovs_missing, port_taken, address_taken, …), its message says what to do.
import type { VmNic } from "@cke/protocol";
import type { PortWork, VmPlace } from "./vm-place.ts";

/** To what the domain's interface is attached. */
export type NicSource =
  /** libvirt makes the tap `device` and puts it into the bridge. */
  | { readonly kind: "bridge"; readonly bridge: string }
  | { readonly kind: "ovs"; readonly bridge: string; readonly vlan: number }
  /** A tap that is there already and that libvirt only opens. */
  | { readonly kind: "tap" }
  | { readonly kind: "macvtap"; readonly parent: string; readonly mode: "bridge" | "private" | "vepa" | "passthrough" };

/** A NIC that is ready to be used by a domain. */
export interface PreparedNic {
  /** VmNic.name. */
  readonly name: string;
  /** Lower case; derived of the uuid and the NIC's name when none was given, so that it never changes. */
  readonly mac: string;
  readonly source: NicSource;
  /** Name of the host's end of it, derived like the MAC; at most 15 bytes. libvirt keeps names that do not begin with "vnet". */
  readonly device: string;
  /** virtio, e1000e, … */
  readonly model: string;
  /** At least 1. */
  readonly queues: number;
  /** 0: as the network has it. */
  readonly mtu: number;
  /** A filter of libvirt (nwfilter) that must be defined already; "" for none. */
  readonly filter: string;
  /** Limits of an Open vSwitch port or a bridge's; 0 for none. */
  readonly inboundKbps: number;
  readonly outboundKbps: number;
  /** The guest fills in checksums and cuts segments itself: what passes its frames on does not (Open vSwitch outside of the kernel). */
  readonly wholeFrames: boolean;
}

/** What is known of a NIC without any work. */
export interface LocatedNic {
  readonly mac: string;
  readonly device: string;
  /** As it was given; with the prefix length that its network has, once it was prepared. */
  readonly ip: string;
}

export interface Networks {
  /**
   * Makes what is not there yet and shares what is; may be called before every start, and for a domain that runs when a NIC is added
   * to it. In the order of `nics`.
   */
  prepare(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<readonly PreparedNic[]>;
  /** Throws what `prepare` would refuse before it makes anything. For NICs that a guest has open: nothing of them is touched. */
  check(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<void>;
  /** Called each time the domain runs and its devices exist: after its start, and after an adoption. Publishes ports, moves devices. */
  attached(nics: readonly VmNic[], place: VmPlace, work: PortWork): Promise<void>;
  /** For an adopted domain, and for the seed. */
  locate(nic: VmNic, place: VmPlace): LocatedNic;
  /** Addresses that the host knows of it without asking the guest (leases, neighbours); empty when none. */
  addresses(nic: VmNic, place: VmPlace): Promise<readonly string[]>;
  /**
   * Takes back one NIC: its ports, its device, and what it alone used. Nothing to do is no error. Resolves to words on what CKE has made and
   * what stays, because others use it.
   */
  releaseNic(name: string, place: VmPlace): Promise<readonly string[]>;
  /** Takes back everything of this VM. Nothing to do is no error. Needs no definition: what was made is found by the place. Words as above. */
  release(place: VmPlace): Promise<readonly string[]>;
}

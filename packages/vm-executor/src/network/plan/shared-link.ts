// What NICs are attached to and several of them may share: namespaces, bridges, what leads into them. Values of records too.
import * as z from "zod";

const name = z.string().min(1).max(64);
/** Empty: the host's. */
const namespace = z.string().max(64);

export const sharedLinkSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("namespace"), name }),
  z.object({ kind: z.literal("bridge"), namespace, name, address: z.string().max(64), mtu: z.number().int() }),
  /** A VLAN of a link of the host. */
  z.object({ kind: z.literal("vlan"), name, parent: name, id: z.number().int() }),
  /** A link of the host that is a port of a bridge of the host. */
  z.object({ kind: z.literal("port"), link: name, bridge: name }),
  /** A pair of links from a bridge of the host into a bridge of a namespace. */
  z.object({ kind: z.literal("cable"), name, peer: name, hostBridge: name, namespace: name, bridge: name }),
  /** A link of the host that is moved into a namespace, and a port of its bridge. */
  z.object({ kind: z.literal("moved"), link: name, namespace: name, bridge: name }),
  /** A pair of links, for macvtap. */
  z.object({ kind: z.literal("parent"), name, peer: name, mtu: z.number().int() }),
  /** Packets of a bridge pass where the host's firewall drops what is forwarded, as Docker sets it. */
  z.object({ kind: z.literal("forward"), bridge: name }),
  z.object({ kind: z.literal("ovs"), name, userspace: z.boolean() }),
  z.object({ kind: z.literal("ovs-port"), link: name, bridge: name }),
]);

export type SharedLink = z.infer<typeof sharedLinkSchema>;

/** The same for the same thing, whoever wants it. */
export function keyOf(link: SharedLink): string {
  switch (link.kind) {
    case "bridge":
      return `bridge ${link.namespace}/${link.name}`;
    case "port":
    case "moved":
    case "ovs-port":
      return `${link.kind} ${link.link}`;
    case "forward":
      return `forward ${link.bridge}`;
    default:
      return `${link.kind} ${link.name}`;
  }
}

export interface PresentLink {
  /** Kind of Linux: bridge, veth, tun, macvtap, …; empty for others. */
  readonly type: string;
  readonly master: string;
  /** The link that it is stacked on, as a VLAN or a macvtap is; empty for none. */
  readonly lower: string;
  readonly multiQueue: boolean;
  /** A program has it open, or its cable is plugged in. */
  readonly carrier: boolean;
}

/** What there is on the host. */
export interface Present {
  /** Links by namespace (empty: the host's) and name. A namespace that there is not is missing. */
  readonly links: ReadonlyMap<string, ReadonlyMap<string, PresentLink>>;
  /** The firewall drops what no rule lets pass; bridges that rules of CKE let pass. */
  readonly forwardDrops: boolean;
  readonly forwarded: ReadonlySet<string>;
  readonly ovsBridges: ReadonlySet<string>;
  /** Ports of Open vSwitch → bridge. */
  readonly ovsPorts: ReadonlyMap<string, string>;
}

export const linkIn = (present: Present, namespace: string, name: string): PresentLink | undefined =>
  present.links.get(namespace)?.get(name);

export function isPresent(link: SharedLink, present: Present): boolean {
  switch (link.kind) {
    case "namespace":
      return present.links.has(link.name);
    case "bridge":
      return linkIn(present, link.namespace, link.name) !== undefined;
    case "vlan":
    case "parent":
      return linkIn(present, "", link.name) !== undefined;
    case "port":
      return linkIn(present, "", link.link)?.master === link.bridge;
    case "cable":
      return linkIn(present, link.namespace, link.peer)?.master === link.bridge;
    case "moved":
      return linkIn(present, link.namespace, link.link)?.master === link.bridge;
    case "forward":
      return present.forwarded.has(link.bridge);
    case "ovs":
      return present.ovsBridges.has(link.name);
    case "ovs-port":
      return present.ovsPorts.get(link.link) === link.bridge;
  }
}

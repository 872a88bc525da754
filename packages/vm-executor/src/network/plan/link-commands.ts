// How what is shared is made and taken back. Pure.
import { type Command, ip, ovs } from "./command.ts";
import { linkIn, type Present, type SharedLink } from "./shared-link.ts";

/** Links that CKE makes say so to an operator. */
const alias = (namespace: string, name: string): Command => ip(namespace, "link", "set", name, "alias", "made by cke");

/** For what is not present. */
export function makeCommands(link: SharedLink, present: Present): readonly Command[] {
  switch (link.kind) {
    case "namespace":
      return [{ argv: ["ip", "netns", "add", link.name] }, ip(link.name, "link", "set", "lo", "up")];
    case "bridge":
      return [
        // Without waiting times of the spanning tree: nothing here makes loops.
        ip(
          link.namespace,
          "link",
          "add",
          link.name,
          ...mtu(link.mtu),
          "type",
          "bridge",
          "stp_state",
          "0",
          "forward_delay",
          "0",
        ),
        alias(link.namespace, link.name),
        ...(link.address === "" ? [] : [ip(link.namespace, "address", "add", link.address, "dev", link.name)]),
        ip(link.namespace, "link", "set", link.name, "up"),
      ];
    case "vlan":
      return [
        ip("", "link", "add", "link", link.parent, "name", link.name, "type", "vlan", "id", String(link.id)),
        alias("", link.name),
        ip("", "link", "set", link.parent, "up"),
        ip("", "link", "set", link.name, "up"),
      ];
    case "port":
      return [ip("", "link", "set", link.link, "master", link.bridge), ip("", "link", "set", link.link, "up")];
    case "cable":
      return [
        ip("", "link", "add", link.name, "type", "veth", "peer", "name", link.peer, "netns", link.namespace),
        alias("", link.name),
        ip("", "link", "set", link.name, "master", link.hostBridge, "up"),
        ip(link.namespace, "link", "set", link.peer, "master", link.bridge, "up"),
      ];
    case "moved":
      return [
        ...(linkIn(present, "", link.link) === undefined
          ? []
          : [ip("", "link", "set", link.link, "netns", link.namespace)]),
        ip(link.namespace, "link", "set", link.link, "master", link.bridge, "up"),
      ];
    case "parent":
      return [
        ip("", "link", "add", link.name, ...mtu(link.mtu), "type", "veth", "peer", "name", link.peer, ...mtu(link.mtu)),
        alias("", link.name),
        ip("", "link", "set", link.name, "up"),
        ip("", "link", "set", link.peer, "up"),
      ];
    case "forward":
      return forwardRules(link.bridge).map((rule) => ({ argv: ["iptables", "-w", "-I", "FORWARD", ...rule] }));
    case "ovs":
      return [
        ovs(
          ...["--may-exist", "add-br", link.name, "--", "set", "Bridge", link.name, "external_ids:cke=made"],
          ...(link.userspace ? [`datapath_type=netdev`] : []),
        ),
        ip("", "link", "set", link.name, "up"),
      ];
    case "ovs-port":
      return [ovs("--may-exist", "add-port", link.bridge, link.link), ip("", "link", "set", link.link, "up")];
  }
}

/** For what is present and was made by CKE. `host`: path of the host's network namespace (`/proc/…/ns/net`). */
export function removeCommands(link: SharedLink, host: string): readonly Command[] {
  switch (link.kind) {
    case "namespace":
      return [{ argv: ["ip", "netns", "delete", link.name] }];
    case "bridge":
      return [ip(link.namespace, "link", "delete", link.name)];
    case "vlan":
    case "cable":
    case "parent":
      return [ip("", "link", "delete", link.name)];
    case "port":
      return [ip("", "link", "set", link.link, "nomaster")];
    case "moved":
      // A link that is still there when its namespace goes would be lost, if it is no device of hardware.
      return [
        ip(link.namespace, "link", "set", link.link, "nomaster"),
        ip(link.namespace, "link", "set", link.link, "netns", host),
      ];
    case "forward":
      return forwardRules(link.bridge).map((rule) => ({ argv: ["iptables", "-w", "-D", "FORWARD", ...rule] }));
    case "ovs":
      return [ovs("--if-exists", "del-br", link.name)];
    case "ovs-port":
      return [ovs("--if-exists", "del-port", link.bridge, link.link)];
  }
}

/** What comes from the bridge, and what answers it or was sent to a published port. */
export const forwardComment = (bridge: string): string => `cke ${bridge}`;
const forwardRules = (bridge: string): readonly (readonly string[])[] => {
  const note = ["-m", "comment", "--comment", forwardComment(bridge), "-j", "ACCEPT"];
  const answers = ["-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED,DNAT"];
  return [
    [...answers, ...note],
    ["-i", bridge, ...note],
  ];
};

const mtu = (bytes: number): readonly string[] => (bytes === 0 ? [] : ["mtu", String(bytes)]);

// The tap of one NIC. Pure.
import { type Command, ip, ovs } from "./command.ts";
import type { NicEnd, NicPlan } from "./nic-plan.ts";
import { linkIn, type Present } from "./shared-link.ts";

/**
 * Makes the tap in the host's namespace, where libvirt opens it, and puts it where it belongs; one for a namespace is moved there
 * when the guest has it open. A tap that a guest has open is left alone. `words`: for an operator who lists links.
 */
export function tapCommands(plan: NicPlan, words: string, present: Present): readonly Command[] {
  const { device, end, queues, mtu } = plan;
  if (end.kind === "macvtap") return [];
  const moved = end.kind === "bridge" && end.namespace !== "" ? linkIn(present, end.namespace, device) : undefined;
  const here = linkIn(present, "", device);
  if (moved?.carrier) return [];
  const fits = here !== undefined && here.type === "tun" && (here.carrier || here.multiQueue === queues > 1);
  return [
    ...(moved && end.kind === "bridge" ? [ip(end.namespace, "link", "delete", device)] : []),
    ...(here && !fits ? [ip("", "link", "delete", device)] : []),
    ...(fits ? [] : [ip("", "tuntap", "add", "dev", device, "mode", "tap", ...(queues > 1 ? ["multi_queue"] : []))]),
    ip("", "link", "set", device, "alias", words, ...(mtu === 0 ? [] : ["mtu", String(mtu)])),
    ...(end.kind === "ovs" ? ovsPort(plan, end) : []),
    ...(end.kind === "bridge" && end.namespace === "" ? [ip("", "link", "set", device, "master", end.bridge)] : []),
    ip("", "link", "set", device, "up"),
  ];
}

/** Moves an open tap into its namespace. Nothing when it is there. */
export function attachCommands({ device, end, mtu }: NicPlan, present: Present): readonly Command[] {
  if (end.kind !== "bridge" || end.namespace === "") return [];
  if (linkIn(present, end.namespace, device) !== undefined) return [];
  const size = mtu === 0 ? [] : ["mtu", String(mtu)];
  return [
    ip("", "link", "set", device, "netns", end.namespace),
    ip(end.namespace, "link", "set", device, ...size, "master", end.bridge, "up"),
  ];
}

/** Takes the tap back wherever it is. */
export function detachCommands(device: string, end: NicEnd, present: Present): readonly Command[] {
  const namespaces = end.kind === "bridge" ? ["", end.namespace] : [""];
  const found = [...new Set(namespaces)].filter((namespace) => linkIn(present, namespace, device) !== undefined);
  return [
    ...(end.kind === "ovs" && present.ovsPorts.has(device) ? [ovs("--if-exists", "del-port", device)] : []),
    // A macvtap is libvirt's, and goes with its guest.
    ...(end.kind === "macvtap" ? [] : found.map((namespace) => ip(namespace, "link", "delete", device))),
  ];
}

/** Rates are those of Open vSwitch: kbit/s that the guest may send (policed), and receive (shaped). */
function ovsPort(
  { device }: NicPlan,
  { bridge, vlan, ingressKbps, egressKbps }: NicEnd & { kind: "ovs" },
): readonly Command[] {
  const tag = vlan === 0 ? ["--", "clear", "Port", device, "tag"] : ["--", "set", "Port", device, `tag=${vlan}`];
  const shape =
    egressKbps === 0
      ? ["--", "clear", "Port", device, "qos"]
      : [
          ...["--", "set", "Port", device, "qos=@shape", "--", "--id=@shape", "create", "QoS", "type=linux-htb"],
          ...[`other-config:max-rate=${egressKbps * 1_000}`, `external_ids:cke-device=${device}`],
        ];
  return [
    ...[ovs("--may-exist", "add-port", bridge, device)],
    ovs(
      ...["set", "Interface", device, `ingress_policing_rate=${ingressKbps}`],
      // What may be sent at once: a tenth of a second, as ovs-vswitchd.conf.db(5) advises.
      ...[`ingress_policing_burst=${Math.ceil(ingressKbps / 10)}`, ...tag, ...shape],
    ),
  ];
}

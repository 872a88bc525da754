// What CKE has made and others use by now: it stays, with all that belongs to it. Pure.
import { keyOf, type Present, type SharedLink } from "./shared-link.ts";

export interface Kept {
  /** Keys of links that stay, and are not CKE's any more. */
  readonly keys: ReadonlySet<string>;
  /** For an operator: what stays, because of whom, and how it is removed. */
  readonly words: readonly string[];
}

/** The kernel puts these into every namespace, by the modules that it has loaded. */
const ofTheKernel = new Set("lo tunl0 gre0 gretap0 erspan0 ip_vti0 ip6_vti0 sit0 ip6tnl0 ip6gre0".split(" "));

/** `links`: what is to be removed. `ours`: names of every link that CKE has made or attached, wherever. */
export function keptForOthers(links: readonly SharedLink[], present: Present, ours: ReadonlySet<string>): Kept {
  const own = new Set([...ours, ...links.flatMap(namesOf)]);
  const words: string[] = [];
  const keys = new Set<string>();
  for (const link of links) {
    const strangers = strangersOn(link, present, own);
    if (strangers.length === 0) continue;
    keys.add(keyOf(link));
    const { what, remedy } = describe(link);
    words.push(
      `${what}, which CKE has made, stays on this host, because others use it (${strangers.slice(0, 8).join(", ")}): remove it when it is not needed: ${remedy}`,
    );
  }
  // What belongs to something that stays, stays too: others may reach the outside by it.
  for (let before = -1; before !== keys.size; ) {
    before = keys.size;
    for (const link of links) {
      const staying = links.filter((other) => keys.has(keyOf(other)));
      if (staying.some((other) => belongs(link, other))) keys.add(keyOf(link));
    }
  }
  return { keys, words };
}

/** Names of the links that a shared thing brings. */
function namesOf(link: SharedLink): readonly string[] {
  switch (link.kind) {
    case "bridge":
    case "vlan":
    case "ovs":
      return [link.name];
    case "cable":
    case "parent":
      return [link.name, link.peer];
    case "port":
    case "moved":
    case "ovs-port":
      return [link.link];
    case "namespace":
    case "forward":
      return [];
  }
}

function strangersOn(link: SharedLink, present: Present, own: ReadonlySet<string>): readonly string[] {
  const linksOf = (namespace: string) => [...(present.links.get(namespace) ?? [])];
  const foreign = (names: readonly string[]) => names.filter((name) => !own.has(name));
  switch (link.kind) {
    case "bridge": {
      const ports = linksOf(link.namespace).filter(([, { master }]) => master === link.name);
      return foreign(ports.map(([name]) => name));
    }
    case "vlan":
    case "parent": {
      const upper = linksOf("").filter(([, { lower }]) => lower === link.name);
      return foreign(upper.map(([name]) => name));
    }
    case "namespace":
      return foreign(linksOf(link.name).map(([name]) => name)).filter((name) => !ofTheKernel.has(name));
    case "ovs": {
      const ports = [...present.ovsPorts].filter(([, bridge]) => bridge === link.name);
      return foreign(ports.map(([name]) => name));
    }
    default:
      return [];
  }
}

/** True when `link` is a part of what `whole` does. */
function belongs(link: SharedLink, whole: SharedLink): boolean {
  switch (link.kind) {
    case "namespace":
      return (
        (whole.kind === "bridge" && whole.namespace === link.name) ||
        (whole.kind === "moved" && whole.namespace === link.name)
      );
    case "vlan":
      return (whole.kind === "port" || whole.kind === "moved") && whole.link === link.name;
    case "port":
    case "forward":
      return whole.kind === "bridge" && whole.namespace === "" && whole.name === link.bridge;
    case "cable":
      return whole.kind === "bridge" && whole.namespace === link.namespace && whole.name === link.bridge;
    case "moved":
      return (
        (whole.kind === "bridge" && whole.namespace === link.namespace && whole.name === link.bridge) ||
        (whole.kind === "namespace" && whole.name === link.namespace)
      );
    case "ovs-port":
      return whole.kind === "ovs" && whole.name === link.bridge;
    default:
      return false;
  }
}

function describe(link: SharedLink): { readonly what: string; readonly remedy: string } {
  switch (link.kind) {
    case "bridge":
      return link.namespace === ""
        ? { what: `bridge ${link.name}`, remedy: `ip link delete ${link.name}` }
        : {
            what: `bridge ${link.name} of namespace ${link.namespace}`,
            remedy: `ip -n ${link.namespace} link delete ${link.name}`,
          };
    case "namespace":
      return { what: `network namespace ${link.name}`, remedy: `ip netns delete ${link.name}` };
    case "ovs":
      return { what: `Open vSwitch bridge ${link.name}`, remedy: `ovs-vsctl del-br ${link.name}` };
    case "vlan":
    case "parent":
      return { what: `link ${link.name}`, remedy: `ip link delete ${link.name}` };
    default:
      return { what: keyOf(link), remedy: "" };
  }
}

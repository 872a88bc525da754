// Checks a cluster's addresses against the Docker networks of agents. Only what is certain is refused: an address that
// the named network does not have wherever it is known. An unknown network may exist on an agent without facts: there
// one node is launched first (network-pilot.ts). Pure.

import { describeHost, type HostFacts, type KnownHosts, type NetworkFacts } from "../../workload/agents/host-facts.ts";
import { formatAddress, parseAddress, parseBlock } from "../../workload/body/address-block.ts";
import type { BodyProblem } from "../../workload/body/findings.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import type { NodeSpec } from "./cluster-spec.ts";

interface Place {
  readonly host: HostFacts;
  readonly network: NetworkFacts;
}

const subnetsOf = ({ ranges }: NetworkFacts) =>
  ranges.flatMap(({ subnet, gateway }) => {
    const block = parseBlock(subnet);
    return block === undefined ? [] : [{ subnet, gateway, block, size: 2 ** (32 - block.prefix) }];
  });

/** Why a node cannot have the address there; undefined when it can, as far as is known. */
function refusalOf(address: number, { network }: Place): string {
  const subnets = subnetsOf(network);
  if (subnets.length === 0) return "";
  const own = subnets.find(({ block, size }) => address >= block.base && address < block.base + size);
  if (own === undefined) return `is not in ${subnets.map(({ subnet }) => subnet).join(" or ")}`;
  // Both addresses of a /31 and the one of a /32 can be used.
  if (own.gateway === formatAddress(address)) return "is the gateway";
  if (own.size > 2 && address === own.block.base) return `is the address of the subnet ${own.subnet} itself`;
  if (own.size > 2 && address === own.block.base + own.size - 1) return `is the broadcast address of ${own.subnet}`;
  return "";
}

/** "10.77.0.2 to 10.77.0.254" of the first subnet, without its gateway. */
function allowedIn({ network }: Place): string {
  const [first] = subnetsOf(network);
  if (first === undefined) return "";
  const { block, size, gateway } = first;
  if (size <= 2) return first.subnet;
  const [low, high] = [block.base + 1, block.base + size - 2];
  const way = parseAddress(gateway);
  if (way === low) return `${formatAddress(low + 1)} to ${formatAddress(high)}`;
  if (way === high) return `${formatAddress(low)} to ${formatAddress(high - 1)}`;
  const but = way === undefined ? "" : ` but ${gateway}, its gateway`;
  return `${formatAddress(low)} to ${formatAddress(high)}${but}`;
}

type Placed = Pick<ClusterParts, "network" | "nodes" | "attributes">;

/** Of the nodes' own network. */
export function networkProblems({ network, nodes, attributes }: Placed, known: KnownHosts): Generator<BodyProblem> {
  const placed = nodes.map(({ value, path }) => ({ node: value, ip: value.ip, path: `${path}.node_ip` }));
  return problemsOf({ network, path: "network", attributes, placed }, known);
}

/** Of the second network of gateways. */
export function* uplinkNetworkProblems(
  { uplink, nodes, attributes }: Pick<ClusterParts, "uplink" | "nodes" | "attributes">,
  known: KnownHosts,
): Generator<BodyProblem> {
  if (uplink === undefined) return;
  const placed = nodes.flatMap(({ value, path }) =>
    value.uplinkIp === undefined ? [] : [{ node: value, ip: value.uplinkIp, path: `${path}.uplink_ip` }],
  );
  yield* problemsOf({ network: uplink.network, path: "uplink.network", attributes, placed }, known);
}

interface Addresses {
  readonly network: string;
  /** Where the body names it. */
  readonly path: string;
  readonly attributes: ClusterParts["attributes"];
  readonly placed: readonly { readonly node: NodeSpec; readonly ip: string; readonly path: string }[];
}

function* problemsOf(
  { network, path: networkPath, attributes, placed }: Addresses,
  { hosts, complete, now }: KnownHosts,
): Generator<BodyProblem> {
  if (network === "") return;
  const places = hosts.flatMap((host) => {
    const found = host.networks.find(({ name }) => name === network);
    return found === undefined ? [] : [{ host, network: found }];
  });
  if (places.length === 0 && complete && hosts.length > 0) {
    const all = hosts.flatMap(({ networks }) => networks.map(({ name }) => name));
    const names = [...new Set(all)].filter((name) => name !== "bridge").sort();
    const seen = hosts
      .slice(0, 3)
      .map((host) => describeHost(host, now))
      .join(", ");
    const message = `there is no Docker network "${network}" on any agent: ${seen}${hosts.length > 3 ? `, and ${hosts.length - 3} more` : ""}. There are: ${names.length === 0 ? "none" : names.slice(0, 20).join(", ")}. Create it first (docker network create --subnet <subnet> ${network})`;
    yield { path: networkPath, message, kind: "impossible", ofHosts: true };
    return;
  }
  for (const { node, ip, path } of placed) {
    const address = parseAddress(ip);
    if (address === undefined) continue;
    // It is not known here which agents have these attributes.
    if (node.host === "*" && (attributes.length > 0 || node.attributes.length > 0) && !complete) continue;
    const host = node.host.toLowerCase();
    const concerned = host === "*" ? places : places.filter((place) => place.host.hostname.toLowerCase() === host);
    const [first] = concerned;
    if (first === undefined || concerned.some((place) => refusalOf(address, place) === "")) continue;
    const message = `${ip} ${refusalOf(address, first)} in network ${network} of ${describeHost(first.host, now)}; allowed there: ${allowedIn(first)}`;
    yield { path, message, kind: "impossible", ofHosts: true };
  }
}

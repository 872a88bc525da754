// Checks the routers of a cluster against the cluster's own addresses. A node that had a router's address, or a router with the address of
// a pod, would have sessions with somebody else. Pure.
import type { BodyProblem, Located } from "../../workload/body/findings.ts";
import { type ClusterRanges, rangeKinds } from "../ranges/cluster-ranges.ts";
import { type AnnouncedSpan, announcedWords } from "../ranges/pool-checks.ts";
import { common } from "../ranges/range-checks.ts";
import { machinesOfOthers, type OtherUplink, type UplinkOfCluster } from "./uplink-checks.ts";

export interface RoutersOfCluster {
  /** Their addresses. */
  readonly routers: readonly string[];
  readonly nodes: readonly (Located<{ readonly name: string; readonly ip: string }> & { readonly present?: true })[];
}

const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** Nodes that are to get the address of a router. */
export function* nodesAtRouters({ routers, nodes }: RoutersOfCluster): Generator<BodyProblem> {
  for (const { value, path, present } of nodes) {
    const at = present === true ? -1 : routers.indexOf(value.ip);
    if (at >= 0)
      yield impossible(
        `${path}.node_ip`,
        `${value.ip} of node "${value.name}" is the address of a router of the cluster (routers[${at}]): each needs one of its own`,
      );
  }
}

/** Routers of a new cluster, beside its nodes and beyond its gateways, with an address that somebody else has. */
export function* routersAtOthers(
  cluster: UplinkOfCluster,
  others: readonly OtherUplink[],
  announced: readonly AnnouncedSpan[],
): Generator<BodyProblem> {
  const { name, network, routers, uplink, nodes } = cluster;
  if (nodes.some(({ present }) => present === true)) return;
  const ofOthers = announced.filter((span) => span.cluster !== name);
  const own = nodes.flatMap(({ value }) =>
    value.uplinkIp === undefined ? [] : [[value.uplinkIp, `gateway "${value.name}"`] as const],
  );
  const beyond = uplink?.routers.map(({ address }) => address) ?? [];
  const places = [
    { field: "routers", addresses: routers, machines: () => machinesOfOthers(network, name, others), own },
    {
      ...{ field: "uplink.routers", addresses: beyond, own: [] },
      machines: () => machinesOfOthers(uplink?.network ?? "", name, others),
    },
  ];
  for (const { field, addresses, machines, own: ownMachines } of places) {
    if (addresses.length === 0) continue;
    // A router may be that of other clusters too.
    const taken = new Map([...machines(), ...ownMachines]);
    for (const [index, router] of addresses.entries()) {
      const holder = taken.get(router);
      const message = holder === undefined ? announcedWords(router, ofOthers) : `${router} belongs to ${holder}`;
      if (message !== undefined) yield impossible(`${field}[${index}].address`, message);
    }
  }
}

/** Routers with an address of the cluster's pods or Services. Those of a cluster that is there were checked when it came. */
export function* routersInRanges({ routers, nodes }: RoutersOfCluster, ranges: ClusterRanges): Generator<BodyProblem> {
  if (nodes.some(({ present }) => present === true)) return;
  for (const [index, router] of routers.entries())
    for (const kind of rangeKinds)
      if (common(ranges[kind], `${router}/32`))
        yield impossible(
          `routers[${index}].address`,
          `${router} is in ${ranges[kind]}, the range of the cluster's ${kind}: a router has an address of its own network`,
        );
}

// Checks the uplink of a cluster and the addresses of its gateways there: against each other, against the cluster's nodes, and against other
// clusters. Pure.
import { gatewayTypeOf, type NodeType } from "@cke/protocol";
import type { BodyProblem, Located } from "../../workload/body/findings.ts";
import { type ClusterRanges, rangeKinds } from "../ranges/cluster-ranges.ts";
import { common } from "../ranges/range-checks.ts";
import type { UplinkSpec } from "./uplink-spec.ts";

interface GatewayNode {
  readonly name: string;
  readonly type: NodeType;
  readonly ip: string;
  readonly uplinkIp?: string | undefined;
}

export interface UplinkOfCluster {
  readonly name: string;
  /** The Docker network of the nodes. */
  readonly network: string;
  readonly uplink?: UplinkSpec | undefined;
  /** Of the routers that nodes have sessions with. */
  readonly routers: readonly string[];
  readonly nodes: readonly (Located<GatewayNode> & { readonly present?: true })[];
}

export interface OtherUplink {
  readonly name: string;
  readonly network: string;
  readonly uplink?: UplinkSpec | undefined;
  readonly units: readonly GatewayNode[];
}

const input = (path: string, message: string): BodyProblem => ({ path, message, kind: "input" });
const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** An address, and what has it. */
type Taken = ReadonlyMap<string, string>;

/** Addresses in the network that nodes and gateways of other clusters have. */
export function machinesOfOthers(network: string, own: string, others: readonly OtherUplink[]): Taken {
  return new Map(
    others
      .filter(({ name }) => name !== own)
      .flatMap((other): (readonly [string, string])[] => [
        ...(other.network === network ? other.units : []).map(
          ({ name, ip }) => [ip, `node "${name}" of cluster "${other.name}"`] as const,
        ),
        ...(other.uplink?.network === network ? other.units : []).flatMap(({ name, uplinkIp }) =>
          uplinkIp === undefined ? [] : [[uplinkIp, `gateway "${name}" of cluster "${other.name}"`] as const],
        ),
      ]),
  );
}

/** Those, and their routers. What they announce to routers outside is compared whatever the network is. */
export function takenByOthers(network: string, own: string, others: readonly OtherUplink[]): Taken {
  const theirs = others.filter(({ name, uplink }) => name !== own && uplink?.network === network);
  return new Map([
    ...theirs.flatMap(({ name, uplink }) =>
      (uplink?.routers ?? []).map(
        ({ address }) => [address, `a router of cluster "${name}" (uplink.routers)`] as const,
      ),
    ),
    ...machinesOfOthers(network, own, others),
  ]);
}

/** Problems of gateways, and of what the body says of their uplink. */
export function* uplinkProblems(parts: UplinkOfCluster, others: readonly OtherUplink[]): Generator<BodyProblem> {
  const { name, network, uplink, nodes, routers } = parts;
  const present = nodes.some((node) => node.present === true);
  if (uplink !== undefined && !present) yield* ownProblems(uplink, { network, routers });
  const taken = new Map(uplink === undefined ? [] : takenByOthers(uplink.network, name, others));
  for (const { address } of uplink?.routers ?? []) taken.set(address, "a router (uplink.routers)");
  // What the gateways of a cluster that is there announce is among all that routers are told of.
  if (!present && uplink?.snat !== undefined) taken.set(uplink.snat, "the pods outside (uplink.snat)");
  for (const { value, path, present: there } of nodes) {
    const { type, uplinkIp } = value;
    const holder = uplinkIp === undefined ? undefined : taken.get(uplinkIp);
    if (uplinkIp !== undefined) taken.set(uplinkIp, `node "${value.name}"`);
    if (there === true) continue;
    if (gatewayTypeOf(type) === undefined) {
      if (uplinkIp !== undefined)
        yield impossible(`${path}.uplink_ip`, `is of gateways only, and this node is of type ${type}`);
    } else if (uplink === undefined) {
      const words = 'which the cluster does not have: name it when the cluster is created ("uplink": {"network": …})';
      yield impossible(`${path}.type`, `a ${type} needs a way outside, ${words}`);
    } else if (uplinkIp === undefined) {
      yield input(`${path}.uplink_ip`, `is missing: a ${type} needs an address in network "${uplink.network}" too`);
    } else if (!present && uplink.floatingPool !== undefined && common(uplink.floatingPool, `${uplinkIp}/32`)) {
      yield impossible(`${path}.uplink_ip`, `${uplinkIp} is in ${uplink.floatingPool}, the pool of floating addresses`);
    } else if (holder !== undefined) {
      yield impossible(`${path}.uplink_ip`, `${uplinkIp} in network "${uplink.network}" belongs to ${holder}`);
    }
  }
}

function* ownProblems(uplink: UplinkSpec, own: Pick<UplinkOfCluster, "network" | "routers">): Generator<BodyProblem> {
  const { snat, floatingPool: pool } = uplink;
  if (uplink.network === own.network)
    yield impossible("uplink.network", `"${own.network}" is the network of the nodes: the way outside is another one`);
  for (const [index, { address }] of uplink.routers.entries())
    if (own.routers.includes(address))
      yield impossible(
        `uplink.routers[${index}].address`,
        `${address} is in routers too: a router is either beside the nodes or outside of the gateways`,
      );
  const fields = { snat, floating_pool: pool };
  for (const [field, value] of Object.entries(fields))
    if (value !== undefined && uplink.routers.length === 0)
      yield impossible(
        `uplink.${field}`,
        "needs a router in uplink.routers: nobody else is told which gateway has the address",
      );
  yield* floatingProblems(uplink);
  if (uplink.routers.some(({ address }) => address === snat))
    yield impossible("uplink.snat", `${snat} is the address of a router (uplink.routers)`);
}

function* floatingProblems({ floatingPool: pool, routers, snat }: UplinkSpec): Generator<BodyProblem> {
  if (pool === undefined) return;
  const single = new Map([
    ...routers.map(({ address }) => [address, "a router (uplink.routers)"] as const),
    ...(snat === undefined ? [] : [[snat, "the pods outside (uplink.snat)"] as const]),
  ]);
  for (const [address, holder] of single)
    if (common(pool, `${address}/32`))
      yield impossible("uplink.floating_pool", `${pool} has ${address}, which belongs to ${holder}`);
}

/** Addresses outside that are in the ranges of the cluster. */
export function* uplinkInRanges(
  { uplink, nodes }: Pick<UplinkOfCluster, "uplink" | "nodes">,
  ranges: ClusterRanges,
): Generator<BodyProblem> {
  if (uplink === undefined) return;
  const { routers, snat, floatingPool: pool } = uplink;
  const created = !nodes.some(({ present }) => present === true);
  const places = [
    ...(created ? routers.map(({ address }, index) => [`uplink.routers[${index}].address`, address] as const) : []),
    ...(created && snat !== undefined ? [["uplink.snat", snat] as const] : []),
    ...nodes.flatMap(({ value, path, present }) =>
      value.uplinkIp === undefined || present === true ? [] : [[`${path}.uplink_ip`, value.uplinkIp] as const],
    ),
  ];
  for (const [path, address] of places)
    for (const kind of rangeKinds)
      if (common(ranges[kind], `${address}/32`))
        yield impossible(path, `${address} is in ${ranges[kind]}, the range of the cluster's ${kind}`);
  if (!created || pool === undefined) return;
  for (const kind of rangeKinds)
    if (common(ranges[kind], pool))
      yield impossible("uplink.floating_pool", `${pool} overlaps ${ranges[kind]}, the range of the cluster's ${kind}`);
}

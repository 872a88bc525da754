// Checks a cluster's pool of LoadBalancer addresses against its own addresses, its network and other clusters. Such an address is announced
// to routers outside, so no other cluster may have it, whatever its network is. Pure.
import { parseAddress } from "../../workload/body/address-block.ts";
import type { BodyProblem, Located } from "../../workload/body/findings.ts";
import { type AddressSpan, isInPool, parseSpan, spansMeet, spansOf } from "./address-pool.ts";
import { type ClusterRanges, rangeKinds, rangeNames } from "./cluster-ranges.ts";

const field = "loadbalancer_pool";
const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** What of another cluster counts. */
export interface PoolNeighbour {
  readonly name: string;
  /** Its addresses that routers outside are told of, as ranges. */
  readonly pool: readonly string[];
  readonly ranges: ClusterRanges;
  readonly routers: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly ip: string }[];
}

export interface CheckedPool extends PoolNeighbour {
  /** Of its API server, in the pool or beside it; undefined for none. */
  readonly api: string | undefined;
  readonly others: readonly PoolNeighbour[];
  /** Of the cluster's network, as far as they are known. */
  readonly subnets: readonly string[];
}

interface Named {
  readonly span: AddressSpan;
  /** To follow "overlaps". */
  readonly what: string;
}

const named = (text: string, what: string): readonly Named[] => {
  const span = parseSpan(text);
  return span === undefined ? [] : [{ span, what }];
};

/** Addresses that a cluster has beside its pool. */
const addressesOf = ({ name, ranges, routers, nodes }: PoolNeighbour, own: boolean): readonly Named[] => {
  const of = own ? "the cluster's" : `cluster "${name}"'s`;
  return [
    ...rangeKinds.flatMap((kind) => named(ranges[kind], `${ranges[kind]}, the range of ${of} ${kind}`)),
    ...nodes.flatMap(({ ip, name: node }) => named(ip, `${ip}, the address of ${of} node "${node}"`)),
    ...routers.flatMap((address) => named(address, `${address}, the address of ${of} router`)),
  ];
};

/** The pool of a new cluster. */
export function* poolProblems(checked: CheckedPool): Generator<BodyProblem> {
  const { pool, others, subnets, api } = checked;
  const apiSpan = parseSpan(api ?? "");
  const apart = api !== undefined && apiSpan !== undefined && !isInPool(spansOf(pool), apiSpan.first) ? [api] : [];
  const theirs = others.filter(({ name }) => name !== checked.name);
  const taken = [
    ...theirs.flatMap(({ name, pool: parts }) =>
      parts.flatMap((part) => named(part, `${part}, which routers are told of for cluster "${name}"`)),
    ),
    ...addressesOf(checked, true),
    ...theirs.flatMap((other) => addressesOf(other, false)),
  ];
  for (const [index, part] of [...pool, ...apart].entries()) {
    const span = parseSpan(part);
    if (span === undefined) continue;
    const earlier = pool.findIndex((other, at) => at < index && spansOf([other]).some((one) => spansMeet(one, span)));
    const path = index < pool.length ? `${field}[${index}]` : "apiserver.address";
    if (earlier >= 0) yield impossible(path, `${part} overlaps ${pool[earlier]}, which is in the list already`);
    const subnet = subnets.find((one) => spansOf([one]).some((other) => spansMeet(other, span)));
    if (subnet !== undefined)
      yield {
        ...impossible(path, `${part} overlaps ${subnet}, a subnet of the cluster's network: routers cannot lead there`),
        ofHosts: true,
      };
    const other = taken.find((one) => spansMeet(one.span, span));
    if (other !== undefined) yield impossible(path, `${part} overlaps ${other.what}`);
  }
}

/** Ranges of a new cluster that have addresses of another cluster's pool. */
export function* rangesInPools(
  { name, ranges }: Pick<PoolNeighbour, "name" | "ranges">,
  others: readonly Pick<PoolNeighbour, "name" | "pool">[],
): Generator<BodyProblem> {
  for (const kind of rangeKinds) {
    const [span] = spansOf([ranges[kind]]);
    if (span === undefined) continue;
    for (const other of others) {
      const part =
        other.name === name ? undefined : other.pool.find((one) => spansOf([one]).some((had) => spansMeet(had, span)));
      if (part === undefined) continue;
      yield impossible(
        rangeNames[kind].field,
        `${ranges[kind]} overlaps ${part}, which routers are told of for cluster "${other.name}"`,
      );
      break;
    }
  }
}

/** Nodes that are to get an address of a pool. */
export function* nodesInPools(
  nodes: readonly (Located<{ readonly ip: string }> & { readonly present?: true })[],
  pools: readonly Pick<PoolNeighbour, "name" | "pool">[],
): Generator<BodyProblem> {
  for (const { value, path, present } of nodes) {
    const address = present === true ? undefined : parseAddress(value.ip);
    if (address === undefined) continue;
    for (const { name, pool } of pools)
      if (isInPool(spansOf(pool), address))
        yield impossible(
          `${path}.node_ip`,
          `${value.ip} is an address that routers are told of for cluster "${name}" (loadbalancer_pool, apiserver.address)`,
        );
  }
}

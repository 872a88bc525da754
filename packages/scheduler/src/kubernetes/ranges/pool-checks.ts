// Checks a cluster's pool of LoadBalancer addresses, and the addresses of its gateways outside, against its own addresses, its network and
// other clusters. Such an address is announced to routers outside, so no other cluster may have it, whatever its network is. Pure.
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
  /** Addresses of the routers beyond its gateways. */
  readonly uplinkRouters: readonly string[];
  readonly nodes: readonly { readonly name: string; readonly ip: string; readonly uplinkIp?: string | undefined }[];
}

export interface CheckedPool extends PoolNeighbour {
  /** Of its API server, in the pool or beside it; undefined for none. */
  readonly api: string | undefined;
  /** What its gateways announce. */
  readonly uplink: { readonly snat?: string | undefined; readonly floatingPool?: string | undefined } | undefined;
  readonly others: readonly PoolNeighbour[];
  /** Of the cluster's network, as far as they are known. */
  readonly subnets: readonly string[];
}

/** `what` follows "overlaps" when `text` has an asked address. */
function* holding(asked: AddressSpan, text: string, what: string): Generator<string> {
  const span = parseSpan(text);
  if (span !== undefined && spansMeet(span, asked)) yield `${text}, ${what}`;
}

/** Addresses in the network of a cluster's nodes. `of`: whose they are. */
function* besideNodes(asked: AddressSpan, { routers, nodes }: PoolNeighbour, of: string): Generator<string> {
  for (const { ip, name } of nodes) yield* holding(asked, ip, `the address of ${of} node "${name}"`);
  for (const address of routers) yield* holding(asked, address, `the address of ${of} router`);
}

/** Addresses that a cluster has beside its pool. */
function* addressesOf(asked: AddressSpan, cluster: PoolNeighbour, of: string): Generator<string> {
  for (const kind of rangeKinds) yield* holding(asked, cluster.ranges[kind], `the range of ${of} ${kind}`);
  yield* besideNodes(asked, cluster, of);
  for (const { uplinkIp = "", name } of cluster.nodes)
    yield* holding(asked, uplinkIp, `the uplink_ip of ${of} node "${name}"`);
  for (const address of cluster.uplinkRouters)
    yield* holding(asked, address, `the address of ${of} router (uplink.routers)`);
}

const ownWords = "the cluster's";

/** What other clusters have. */
function* takenByOthers(asked: AddressSpan, { name: own, others }: CheckedPool): Generator<string> {
  const theirs = others.filter(({ name }) => name !== own);
  for (const { name, pool } of theirs)
    for (const part of pool) yield* holding(asked, part, `which routers are told of for cluster "${name}"`);
  for (const other of theirs) yield* addressesOf(asked, other, `cluster "${other.name}"'s`);
}

/** The address of its pods outside, and its floating addresses, each with its field. */
const gatewayFields = ({ uplink }: CheckedPool) =>
  Object.entries({ snat: uplink?.snat, floating_pool: uplink?.floatingPool }).flatMap(([key, text]) =>
    text === undefined ? [] : [{ path: `uplink.${key}`, text }],
  );

/** The first of what has an address that is asked for. */
function firstOf(...taken: readonly Generator<string>[]): string | undefined {
  for (const one of taken) for (const what of one) return what;
  return undefined;
}

/** What the gateways of a new cluster announce. The uplink's own checks compare it with the cluster's ranges and with the uplink's addresses. */
function* gatewayProblems(checked: CheckedPool): Generator<BodyProblem> {
  for (const { path, text } of gatewayFields(checked)) {
    const span = parseSpan(text);
    if (span === undefined) continue;
    const holder = firstOf(takenByOthers(span, checked), besideNodes(span, checked, ownWords));
    if (holder !== undefined) yield impossible(path, `${text} overlaps ${holder}`);
  }
}

function* gatewayAddresses(asked: AddressSpan, checked: CheckedPool): Generator<string> {
  for (const { path, text } of gatewayFields(checked)) yield* holding(asked, text, `${ownWords} ${path}`);
}

/**
 * The pool of a new cluster, the address of its API server, and what its gateways announce. Other clusters are looked at only for an
 * address that is asked for: most clusters ask for none.
 */
export function* poolProblems(checked: CheckedPool): Generator<BodyProblem> {
  const { pool, subnets, api } = checked;
  const apiSpan = parseSpan(api ?? "");
  const apart = api !== undefined && apiSpan !== undefined && !isInPool(spansOf(pool), apiSpan.first) ? [api] : [];
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
    const other = firstOf(
      takenByOthers(span, checked),
      addressesOf(span, checked, ownWords),
      gatewayAddresses(span, checked),
    );
    if (other !== undefined) yield impossible(path, `${part} overlaps ${other}`);
  }
  yield* gatewayProblems(checked);
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

/** Addresses that routers outside are told of for a cluster. */
export interface AnnouncedSpan extends AddressSpan {
  readonly cluster: string;
}

/** Those of all clusters. They are read once for a request: a thousand clusters have thousands. */
export const announcedSpans = (pools: readonly Pick<PoolNeighbour, "name" | "pool">[]): readonly AnnouncedSpan[] =>
  pools.flatMap(({ name, pool }) => spansOf(pool).map(({ first, last }) => ({ cluster: name, first, last })));

/** Why nobody else may have this address; undefined when no router is told of it. */
export function announcedWords(text: string, announced: readonly AnnouncedSpan[]): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const holder = announced.find(({ first, last }) => first <= address && address <= last);
  return (
    holder &&
    `${text} is an address that routers are told of for cluster "${holder.cluster}" (loadbalancer_pool, apiserver.address, uplink)`
  );
}

/** Nodes that are to get an address of a pool, in their network or as a gateway outside. */
export function* nodesInPools(
  nodes: readonly (Located<{ readonly ip: string; readonly uplinkIp?: string | undefined }> & {
    readonly present?: true;
  })[],
  announced: readonly AnnouncedSpan[],
): Generator<BodyProblem> {
  for (const { value, path, present } of nodes) {
    if (present === true) continue;
    for (const [field, text = ""] of Object.entries({ node_ip: value.ip, uplink_ip: value.uplinkIp })) {
      const message = announcedWords(text, announced);
      if (message !== undefined) yield impossible(`${path}.${field}`, message);
    }
  }
}

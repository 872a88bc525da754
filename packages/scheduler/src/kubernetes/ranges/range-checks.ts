// Checks the ranges of a new cluster against each other, its network and other clusters. Pure.
//
// Clusters in one Docker network must not have addresses in common. Clusters in different networks may: nothing routes
// from one to the other (docs/decisions/address-ranges.md).
import { type AddressBlock, overlap, parseBlock } from "../../workload/body/address-block.ts";
import type { BodyProblem, Located } from "../../workload/body/findings.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import {
  configuredRange,
  type OwnRanges,
  type RangeHolder,
  type RangeKind,
  rangeKinds,
  rangeNames,
  rangesOf,
} from "./cluster-ranges.ts";

const impossible = (path: string, message: string): BodyProblem => ({ path, message, kind: "impossible" });

/** True when two ranges have an address in common. One that is no range has none. */
export function common(one: string, other: string): boolean {
  const [first, second] = [parseBlock(one), parseBlock(other)];
  return first !== undefined && second !== undefined && overlap(first, second);
}

export interface CheckedRanges {
  readonly name: string;
  readonly network: string;
  /** Addresses of the routers outside to which it speaks BGP. */
  readonly routers: readonly string[];
  readonly own: OwnRanges;
  readonly configuration: ClusterConfiguration | undefined;
  /** The other clusters. */
  readonly others: readonly RangeHolder[];
  /** Of the cluster's network, as far as they are known. */
  readonly subnets: readonly string[];
  /** Kinds whose pool has no free range. */
  readonly exhausted: readonly RangeKind[];
  /** How many blocks of the pods' range the cluster's workers take. */
  readonly blocks: number;
}

/**
 * Clusters share the ranges of a configuration by intention. So such a range is compared with ranges that others have for
 * themselves only, and one that the cluster has for itself with all others.
 */
export function* rangeProblems(checked: CheckedRanges): Generator<BodyProblem> {
  const { own, configuration, exhausted, blocks } = checked;
  for (const kind of exhausted)
    yield impossible(
      rangeNames[kind].field,
      `no range of -k8s_${kind === "pods" ? "pod" : "service"}_pool is free${kind === "pods" && blocks > 1 ? ` that has a /24 for each of ${blocks} workers` : ""}: name one here that overlaps none of a cluster in network "${checked.network}", or start the scheduler with a larger pool`,
    );
  const ranges = rangesOf(own, configuration);
  const given = rangeKinds.filter((kind) => own[rangeNames[kind].own] !== undefined);
  for (const kind of given) {
    const { field, variable } = rangeNames[kind];
    if (configuration !== undefined && configuredRange(kind, configuration) === undefined)
      yield impossible(
        field,
        `cke.conf-${configuration.version}.yaml has no variable ${variable}, so that its ranges are fixed: use $${variable} there`,
      );
    yield* rangeOfOthers(field, ranges[kind], checked);
  }
  const [first] = given;
  if (first !== undefined && common(ranges.pods, ranges.services))
    yield impossible(
      rangeNames[first].field,
      `the ranges of pods (${ranges.pods}) and services (${ranges.services}) overlap`,
    );
  if (configuration === undefined) return;
  for (const kind of rangeKinds)
    if (!given.includes(kind) && !exhausted.includes(kind)) yield* configuredBesideOwn(kind, ranges[kind], checked);
}

/** What two clusters have in common, so that something routes from one to the other; undefined for nothing. */
function shared(
  one: { readonly network: string; readonly routers: readonly string[] },
  other: { readonly network: string; readonly routers: readonly string[] },
): { readonly words: string; readonly router: boolean } | undefined {
  const router = one.routers.find((address) => other.routers.includes(address));
  if (router !== undefined) return { words: `behind the same router ${router}`, router: true };
  return one.network === other.network ? { words: `in the same network "${one.network}"`, router: false } : undefined;
}

/** The other clusters to which something routes. */
const neighbours = (checked: CheckedRanges) =>
  checked.others.flatMap((other) => {
    const common = other.name === checked.name ? undefined : shared(checked, other);
    return common === undefined ? [] : [{ other, common }];
  });

/**
 * A range of the configuration that has addresses of a range which another cluster in the network has for itself. A router
 * outside cannot tell two clusters apart that have the same range, whosever it is.
 */
function* configuredBesideOwn(kind: RangeKind, range: string, checked: CheckedRanges): Generator<BodyProblem> {
  for (const { other, common: place } of neighbours(checked)) {
    const theirs = place.router
      ? rangeKinds.find((one) => common(range, other.ranges[one]))
      : ownKind(range, other.own);
    if (theirs === undefined) continue;
    yield impossible(
      rangeNames[kind].field,
      `${range} of cke.conf overlaps ${other.ranges[theirs]}, the ${theirs} of cluster "${other.name}" ${place.words}: name another range here, or another ${place.router ? "router" : "network"}`,
    );
    return;
  }
}

/** The kind of the own range that has an address of this one. */
const ownKind = (range: string, own: OwnRanges) =>
  rangeKinds.find((kind) => {
    const theirs = own[rangeNames[kind].own];
    return theirs !== undefined && common(range, theirs);
  });

/** Addresses of a range that the network, or another cluster in it, has. */
function* rangeOfOthers(field: string, range: string, checked: CheckedRanges): Generator<BodyProblem> {
  const { network, subnets } = checked;
  const subnet = subnets.find((one) => common(range, one));
  if (subnet !== undefined)
    yield { ...impossible(field, `${range} overlaps ${subnet}, a subnet of network "${network}"`), ofHosts: true };
  for (const { other, common: place } of neighbours(checked)) {
    const kind = rangeKinds.find((one) => common(range, other.ranges[one]));
    const node = subnet === undefined ? other.nodes.find(({ ip }) => common(range, `${ip}/32`)) : undefined;
    const what =
      kind !== undefined
        ? `overlaps ${other.ranges[kind]}, the ${kind} of cluster "${other.name}"`
        : node !== undefined
          ? `has ${node.ip}, the address of node "${node.name}" of cluster "${other.name}"`
          : undefined;
    if (what === undefined) continue;
    yield impossible(field, `${range} ${what} ${place.words}`);
    return;
  }
}

/** What a range is of, after its own text. */
interface NamedBlock {
  readonly block: AddressBlock;
  readonly range: string;
  readonly what: string;
}

function namedBlocks(own: OwnRanges, whatOf: (kind: RangeKind) => string): readonly NamedBlock[] {
  return rangeKinds.flatMap((kind) => {
    const range = own[rangeNames[kind].own];
    const block = range === undefined ? undefined : parseBlock(range);
    return range === undefined || block === undefined ? [] : [{ block, range, what: whatOf(kind) }];
  });
}

interface NodesOfCluster {
  readonly name: string;
  readonly network: string;
  readonly routers: readonly string[];
  readonly ranges: OwnRanges;
  readonly nodes: readonly (Located<{ readonly ip: string }> & { readonly present?: true })[];
}

/** Nodes that are to get an address of a range which their cluster, or another one in its network, has for itself. */
export function* nodesInRanges(
  { name, network, routers, ranges, nodes }: NodesOfCluster,
  existing: readonly (OwnRanges & Omit<NodesOfCluster, "ranges" | "nodes">)[],
): Generator<BodyProblem> {
  const taken = [
    ...namedBlocks(ranges, (kind) => `the range of the cluster's ${kind}`),
    ...existing.flatMap((other) => {
      const place = other.name === name ? undefined : shared({ network, routers }, other);
      if (place === undefined) return [];
      return namedBlocks(other, (kind) => `the ${kind} of cluster "${other.name}" ${place.words}`);
    }),
  ];
  for (const { value, path, present } of nodes) {
    const node = present === true ? undefined : parseBlock(`${value.ip}/32`);
    if (node === undefined) continue;
    for (const { block, range, what } of taken)
      if (overlap(block, node)) yield impossible(`${path}.node_ip`, `${value.ip} is in ${range}, ${what}`);
  }
}

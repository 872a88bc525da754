// Checks the ranges of a new cluster against each other, its network and other clusters. Pure.
//
// Clusters in one Docker network must not have addresses in common. Clusters in different networks may: nothing routes
// from one to the other (docs/decisions/address-ranges.md).
import { overlap, parseBlock } from "../../workload/body/address-block.ts";
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
function common(one: string, other: string): boolean {
  const [first, second] = [parseBlock(one), parseBlock(other)];
  return first !== undefined && second !== undefined && overlap(first, second);
}

export interface CheckedRanges {
  readonly name: string;
  readonly network: string;
  readonly own: OwnRanges;
  readonly configuration: ClusterConfiguration | undefined;
  /** The other clusters. */
  readonly others: readonly RangeHolder[];
  /** Of the cluster's network, as far as they are known. */
  readonly subnets: readonly string[];
  /** Kinds whose pool has no free range. */
  readonly exhausted: readonly RangeKind[];
}

/** Only ranges that the cluster has for itself are checked: those of a configuration are shared by intention. */
export function* rangeProblems(checked: CheckedRanges): Generator<BodyProblem> {
  const { own, configuration, exhausted } = checked;
  for (const kind of exhausted)
    yield impossible(
      rangeNames[kind].field,
      `no range of -k8s_${kind === "pods" ? "pod" : "service"}_pool is free: name one here that overlaps none of a cluster in network "${checked.network}", or start the scheduler with a larger pool`,
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
}

/** Addresses of a range that the network, or another cluster in it, has. */
function* rangeOfOthers(field: string, range: string, checked: CheckedRanges): Generator<BodyProblem> {
  const { name, network, others, subnets } = checked;
  const subnet = subnets.find((one) => common(range, one));
  if (subnet !== undefined)
    yield { ...impossible(field, `${range} overlaps ${subnet}, a subnet of network "${network}"`), ofHosts: true };
  for (const other of others) {
    if (other.name === name || other.network !== network) continue;
    const kind = rangeKinds.find((one) => common(range, other.ranges[one]));
    if (kind === undefined) continue;
    yield impossible(
      field,
      `${range} overlaps ${other.ranges[kind]}, the ${kind} of cluster "${other.name}" in the same network "${network}"`,
    );
    return;
  }
}

/** Nodes that are to get an address of a range which the cluster has for itself. */
export function* nodesInRanges(
  nodes: readonly (Located<{ readonly ip: string }> & { readonly present?: true })[],
  { podCidr, serviceCidr }: OwnRanges,
): Generator<BodyProblem> {
  const ranges = { pods: podCidr, services: serviceCidr };
  for (const { value, path, present } of nodes) {
    if (present === true) continue;
    for (const kind of rangeKinds) {
      const range = ranges[kind];
      if (range !== undefined && common(range, `${value.ip}/32`))
        yield impossible(`${path}.node_ip`, `${value.ip} is in ${range}, the range of the cluster's ${kind}`);
    }
  }
}

// The address ranges of a cluster: one of its pods, one of its services. Pure.
import { type AddressBlock, parseBlock } from "../../workload/body/address-block.ts";
import { defaultClusterCidr, defaultServiceCidr } from "../configuration/computed-variables.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";

export const rangeKinds = ["pods", "services"] as const;
export type RangeKind = (typeof rangeKinds)[number];

/** What a cluster has for itself, by its body or from a pool. Without one of them it has what its configuration says. */
export interface OwnRanges {
  readonly podCidr?: string | undefined;
  readonly serviceCidr?: string | undefined;
}

/** The ranges that a cluster really has. */
export type ClusterRanges = Readonly<Record<RangeKind, string>>;

export interface RangeHolder {
  readonly name: string;
  /** The Docker network of its nodes. */
  readonly network: string;
  /** Addresses of the routers outside to which it speaks BGP. */
  readonly routers: readonly string[];
  readonly ranges: ClusterRanges;
  /** Those of its ranges that it has for itself. */
  readonly own: OwnRanges;
  readonly nodes: readonly { readonly name: string; readonly ip: string }[];
}

/** By kind: the field of a body, the field of a specification, and the variable of `cke.conf`. */
export const rangeNames = {
  pods: { field: "pod_cidr", own: "podCidr", variable: "CLUSTER_CIDR" },
  services: { field: "service_cidr", own: "serviceCidr", variable: "SERVICE_CIDR" },
} as const;

type RangeConfiguration = Pick<ClusterConfiguration, "variables" | "nodes">;

const defaults: ClusterRanges = { pods: defaultClusterCidr, services: defaultServiceCidr };
/** The type of node whose variables count. */
const readers = { pods: "node", services: "master" } as const;

/** The range in a configuration; undefined when the configuration does not have the variable. */
export function configuredRange(kind: RangeKind, configuration: RangeConfiguration | undefined): string | undefined {
  const { variable } = rangeNames[kind];
  return configuration?.nodes[readers[kind]].variables[variable] ?? configuration?.variables[variable];
}

/**
 * A specification without ranges is of an earlier version, or of a scheduler without pools: its cluster has the ranges
 * of its configuration.
 */
export function rangesOf(own: OwnRanges, configuration: RangeConfiguration | undefined): ClusterRanges {
  const range = (kind: RangeKind) =>
    own[rangeNames[kind].own] ?? configuredRange(kind, configuration) ?? defaults[kind];
  return { pods: range("pods"), services: range("services") };
}

/** Both ranges as numbers. One that a configuration has in another shape is left out. */
export const blocksOf = ({ pods, services }: ClusterRanges): readonly AddressBlock[] =>
  [pods, services].flatMap((range) => parseBlock(range) ?? []);

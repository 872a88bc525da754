// A cluster as it is read from a request's body, before it is checked. Values only.

import type { Located } from "../../workload/body/findings.ts";
import type { UplinkSpec } from "../network/uplink-spec.ts";
import type { OwnRanges } from "../ranges/cluster-ranges.ts";
import type { ApiserverSpec, ClusterSpec, IngressSpec, NodeSpec, ProcessSpecification } from "./cluster-spec.ts";

/** The parts with their paths, so that a problem can name its place. */
export interface ClusterParts {
  readonly name: string;
  readonly network: string;
  readonly ranges: OwnRanges;
  /** Of the routers to which it speaks BGP. */
  readonly routers: readonly string[];
  /** Absent: it can have no gateways. */
  readonly uplink?: UplinkSpec | undefined;
  readonly nodes: readonly (Located<NodeSpec> & {
    readonly processes: readonly Located<ProcessSpecification>[] | undefined;
    /** It is in the cluster already, and is not checked itself. */
    readonly present?: true;
  })[];
  readonly ingresses: readonly Located<IngressSpec>[];
  readonly apiserver: ApiserverSpec | undefined;
  /** Absent: its pods are routed by static routes. */
  readonly bgp?: ClusterSpec["bgp"];
  readonly role: string;
  readonly attributes: ClusterSpec["attributes"];
  /** `kubenodes` or `nodes`. */
  readonly nodesPath: string;
}

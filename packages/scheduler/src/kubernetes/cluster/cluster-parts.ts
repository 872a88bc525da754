// A cluster as it is read from a request's body, before it is checked, and the problems in it. Values only.

import type { ClusterSpec, IngressSpec, NodeSpec, ProcessSpecification } from "./cluster-spec.ts";

/** What is wrong with a cluster, and where. */
export interface ClusterProblem {
  readonly path: string;
  readonly message: string;
  /** `impossible`: well-formed, but cannot be done. */
  readonly kind: "input" | "impossible";
  /** It follows from facts about hosts, which may have changed. */
  readonly ofHosts?: true;
}

/** A value and its JSON path. */
export interface Located<T> {
  readonly value: T;
  readonly path: string;
}

/** The parts with their paths, so that a problem can name its place. */
export interface ClusterParts {
  readonly name: string;
  readonly network: string;
  readonly nodes: readonly (Located<NodeSpec> & {
    readonly processes: readonly Located<ProcessSpecification>[] | undefined;
  })[];
  readonly ingresses: readonly Located<IngressSpec>[];
  readonly role: string;
  readonly attributes: ClusterSpec["attributes"];
  /** `kubenodes` or `nodes`. */
  readonly nodesPath: string;
}

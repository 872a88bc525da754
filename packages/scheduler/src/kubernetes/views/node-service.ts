// The port of the service for single nodes of a cluster, which the REST API calls.
import type { NodeChange } from "../nodes/node-change.ts";
import type { RemovalOptions } from "../nodes/removal-plan.ts";

export interface AddedNodesView {
  readonly names: readonly string[];
  /** Sentences about fields of the body without effect; only a few. */
  readonly warnings: readonly string[];
}

/**
 * Every method throws CkeErrors whose status is the HTTP status: 404 for unknown names, 409 while the cluster is being
 * deleted. `by` is shown to others.
 */
export interface ChangedNode {
  /** What happens now, in words. */
  readonly message: string;
  /** Sentences about what takes effect later. */
  readonly warnings: readonly string[];
}

export interface NodeService {
  /**
   * Checks the body of `POST …/nodes` (an array of nodes, or one), stores the nodes and begins their bring-up. Throws
   * SpecInvalidError (400, 409, 422). Masters join one after the other; 409 while etcd has no majority, or while another
   * plan changes masters. `even`: also when the cluster gets an even number of masters.
   */
  add(cluster: string, body: unknown, by: string, options?: { readonly even?: boolean }): Promise<AddedNodesView>;
  /**
   * Changes labels, taints, ingresses, attributes and whether the node is to run. Throws SpecInvalidError (400, 422), or
   * a CkeError with 409 (another plan has it) or 422 (a master is not stopped alone).
   */
  change(cluster: string, node: string, change: NodeChange, by: string): Promise<ChangedNode>;
  /**
   * Begins the removal of these nodes (202), each by a plan of its own; masters by one, one after the other. A second call
   * only changes to `force`. 409 for a master without which etcd has no majority.
   */
  remove(cluster: string, nodes: readonly string[], options: RemovalOptions, by: string): Promise<string>;
  /**
   * Begins another instance of a node under its name and address (202). One that runs is drained first, as for a removal; one
   * that is out of reach is not waited for. A second call only changes to `force`. 409 for a master without which etcd has no
   * majority. `options`: default: by the budgets, for ten minutes.
   */
  replace(
    cluster: string,
    node: string,
    by: string,
    options?: Pick<RemovalOptions, "force" | "drainSeconds">,
  ): Promise<string>;
}

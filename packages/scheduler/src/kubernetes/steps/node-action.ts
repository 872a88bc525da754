// An action of a plan that only this kind can carry out: a function by its name.
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";

/** Idempotent: it is asked again until it says "done". What it throws is shown, and it is tried again. */
export type NodeAction = (request: PlanActionRequest) => Promise<PlanActionOutcome>;
export type NodeActions = ReadonlyMap<string, NodeAction>;

/** What plans do to masters, and which masters wait for them. */
export interface MasterPlans {
  readonly actions: NodeActions;
  /** As of `WorkloadKind`. */
  readonly revocable: ReadonlySet<string>;
  /** Why a master must not be launched yet; undefined when it may be, and for every other node. */
  readonly waitReason: (cluster: ClusterRecord, record: UnitRecord) => string | undefined;
  /** The specification with which the masters of the cluster found another etcd, and the names of those that are rendered anew for it. */
  readonly foundAnew: (cluster: ClusterRecord) => { readonly spec: ClusterSpec; readonly nodes: ReadonlySet<string> };
  /** The masters of the cluster found another etcd: that is stored. */
  readonly forget: (cluster: ClusterRecord) => void;
}

// Plans, what is pending, and log entries as the API of clusters has them: a unit is a node there. Pure.

import type { BringUpPlan, StepView, UnitPlan } from "../../workload/plans/bring-up-view.ts";
import {
  type LogLine,
  type LogStat,
  mappedLog,
  type RecentLog,
  type WorkloadLogEntry,
} from "../../workload/plans/log-entry.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { PlanTarget } from "../../workload/plans/plan-control.ts";

/** The same with its `unit` as `node`. */
type OfNode<Of extends { readonly unit: string }> = { readonly node: string } & Omit<Of, "unit">;

export type NodePlanView = OfNode<UnitPlan>;
export type PendingNodeView = OfNode<PendingView>;
export type ClusterPlanView = Omit<BringUpPlan, "units" | "steps"> & {
  readonly nodes: readonly NodePlanView[];
  readonly steps: readonly OfNode<StepView>[];
};

export type ClusterLogEntry =
  | (Omit<LogLine, "unit"> & { readonly node?: string })
  | (Omit<LogStat, "workload" | "unit"> & { readonly cluster: string; readonly node: string });
export type ClusterLog = RecentLog<ClusterLogEntry>;

/** The part of a cluster's plan; all of it without `node`. */
export interface NodeTarget {
  readonly node?: string | undefined;
  readonly process?: string | undefined;
}

function ofNode<Of extends { readonly unit: string }>({ unit, ...rest }: Of): OfNode<Of> {
  return { node: unit, ...rest };
}

export function clusterPlanView({ units, steps, ...rest }: BringUpPlan): ClusterPlanView {
  return { nodes: units.map(ofNode), steps: steps.map(ofNode), ...rest };
}

/** The quorum that a cluster waits for is one of its masters. */
export function pendingNodeViews(pending: readonly PendingView[]): readonly PendingNodeView[] {
  return pending.map(({ refusals, ...rest }) =>
    ofNode({ ...rest, refusals: refusals.map((one) => (one.kind === "quorum" ? { ...one, kind: "masters" } : one)) }),
  );
}

function clusterLogEntry(entry: WorkloadLogEntry): ClusterLogEntry {
  if (entry.type === "log") {
    const { unit, ...rest } = entry;
    return unit === undefined ? rest : { ...rest, node: unit };
  }
  const { type, seq, time, workload, unit, ...rest } = entry;
  return { type, seq, time, cluster: workload, node: unit, ...rest };
}

export const clusterLog = (log: RecentLog<WorkloadLogEntry>): ClusterLog => mappedLog(log, clusterLogEntry);

export const planTarget = ({ node, process }: NodeTarget): PlanTarget => ({ unit: node, process });

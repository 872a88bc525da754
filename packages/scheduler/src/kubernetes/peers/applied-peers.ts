// Which peers a node has, by its executor's reports: what was sent does not count before it is reported. Pure.
import { reportOf, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";

export type AppliedPeers =
  /** Nothing of it runs, or it is being removed: it gets the peers with its next launch. */
  | { readonly kind: "none" }
  /** It is launched and has not reported that it runs. */
  | { readonly kind: "starting" }
  /** It was launched without peers, by an executor that may not know the message. */
  | { readonly kind: "fixed" }
  | {
      readonly kind: "follows";
      readonly agentId: string;
      readonly executorId: string;
      /** "" while it has none. */
      readonly version: string;
      /** Why it does not have those that it was sent, in words; "" for none. */
      readonly problem: string;
    };

export function appliedPeers({ launch }: UnitRecord): AppliedPeers {
  const task = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
  if (launch === undefined || task === undefined) return { kind: "none" };
  if (task.state !== "TASK_RUNNING")
    return task.state === "TASK_INTENDED" || task.state === "TASK_STAGING" || task.state === "TASK_STARTING"
      ? { kind: "starting" }
      : { kind: "none" };
  const report = reportOf(task);
  if (report?.kind !== "unit") return { kind: "fixed" };
  const { peersVersion: version, peersProblem: problem } = report.value;
  if (version === "" && problem === "") return { kind: "fixed" };
  return { kind: "follows", agentId: launch.agentId, executorId: launch.executorId, version, problem };
}

/** What an operator must know about it; "" when the node has the wanted peers, or will get them with its launch. */
export function describePeers(applied: AppliedPeers, wanted: string | undefined): string {
  if (wanted === undefined || applied.kind === "none" || applied.kind === "starting") return "";
  if (applied.kind === "fixed")
    return "its executor is of an earlier version of CKE: it learns of nodes that are added or removed with its next launch";
  if (applied.version === wanted) return "";
  if (applied.problem !== "")
    return `the cluster's nodes cannot be written into it, which is tried again: ${applied.problem}`;
  return "it does not have all changes of the cluster's nodes yet: they are sent to it until it reports them";
}

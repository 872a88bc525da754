// From records to the seven words of the API: init, staging, starting, running, failed, killing, killed.
import type { Status } from "./cluster-views.ts";
import { memo } from "./memo.ts";
import {
  type ClusterRecord,
  isOutOfReach,
  isTerminal,
  type NodeRecord,
  nodeTaskOf,
  reportOf,
  type TaskRecord,
} from "./records.ts";

/** Of one task: the node's own or a process. */
export function taskStatus(task: TaskRecord | undefined, deleting: boolean): Status {
  if (task === undefined) return deleting ? "killed" : "init";
  if (isTerminal(task)) {
    if (deleting || task.state === "TASK_KILLED") return "killed";
    return task.state === "TASK_FINISHED" ? "running" : "failed";
  }
  if (deleting || task.state === "TASK_KILLING") return "killing";
  if (isOutOfReach(task)) return "failed";
  if (task.state === "TASK_INTENDED" || task.state === "TASK_STAGING") return "staging";
  const report = reportOf(task);
  if (report?.kind === "process" && (report.value.phase === "backoff" || report.value.phase === "failed"))
    return "failed";
  return task.state === "TASK_RUNNING" && task.healthy ? "running" : "starting";
}

/** Of nodes that are not deleted. */
const known = memo((record: NodeRecord) => statusOf(record, false));

/** A node is what its container is, and running only when all its processes are. */
export function nodeStatus(record: NodeRecord, deleting: boolean): Status {
  return deleting ? statusOf(record, true) : known(record);
}

function statusOf(record: NodeRecord, deleting: boolean): Status {
  const { launch } = record;
  if (launch === undefined) {
    if (deleting) return record.leftovers.length > 0 || record.reservations.length > 0 ? "killing" : "killed";
    return record.failures > 0 || record.blocked ? "failed" : "init";
  }
  const own = taskStatus(nodeTaskOf(launch), deleting);
  if (own !== "running") return own;
  return launch.tasks.every((task) => taskStatus(task, deleting) === "running") ? "running" : "starting";
}

/** The least advanced node speaks for the cluster; a failed one before all. */
export function clusterStatus(cluster: ClusterRecord, nodes: readonly NodeRecord[]): Status {
  const statuses = nodes.map((node) => nodeStatus(node, cluster.deleting));
  if (cluster.deleting) return statuses.every((status) => status === "killed") ? "killed" : "killing";
  if (statuses.includes("failed")) return "failed";
  if (statuses.every((status) => status === "init")) return "init";
  for (const status of ["init", "staging", "starting", "killing", "killed"] as const) {
    if (statuses.includes(status)) return status === "init" ? "staging" : status === "killed" ? "starting" : status;
  }
  return "running";
}

export function isReady(record: NodeRecord): boolean {
  return nodeStatus(record, false) === "running";
}

// The executor to which a channel to a node leads, or why there is none. Pure.
import { CkeError } from "@cke/foundation";
import type { ChannelUnit } from "../../channel/unit.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { isTerminal, type UnitRecord, unitTaskOf, type WorkloadRecord } from "../../workload/records/records.ts";
import { ClusterNotFoundError } from "../cluster/cluster-errors.ts";

export interface KnownNodes {
  workload(name: string): WorkloadRecord | undefined;
  units(workload: string): readonly UnitRecord[];
}

/** Throws a CkeError: 404 for unknown names, 409 for a node that does not run, 504 while its agent is out of reach. */
export function channelUnit(known: KnownNodes, cluster: string, node: string): ChannelUnit {
  const spec = known.workload(cluster)?.spec;
  if (spec === undefined) throw new ClusterNotFoundError(cluster);
  const record = known.units(cluster).find((candidate) => candidate.unit === node);
  if (record === undefined) {
    const names = spec.units.map(({ name }) => name);
    throw new PartNotFoundError("node", `cluster "${cluster}"`, node, names);
  }
  const name = `node "${node}" of cluster "${cluster}"`;
  const { launch } = record;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  if (launch === undefined || task === undefined || isTerminal(task))
    throw new CkeError("node_not_running", `${name} does not run now; its state says why`, { status: 409 });
  if (task.state === "TASK_UNREACHABLE") {
    const words = `${name} is on agent ${launch.hostname}, which is out of reach; nothing can be said to it until that agent is back`;
    throw new CkeError("agent_unreachable", words, { status: 504, retryable: true });
  }
  return { executorId: launch.executorId, agentId: launch.agentId, name };
}

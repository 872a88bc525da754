// The rule of placement that a run is held to: no worker of a cluster is launched for the first time before a quorum of its
// masters is, by what the store says at that moment.

import { quorumSize } from "@cke/scheduler/framework/placement/quorum";
import { clusterRecordSchema, isTerminal, type NodeRecord, nodeTaskOf } from "@cke/scheduler/workload/records/records";
import { nodeOf } from "../world/stored-nodes.ts";

/** It is about to be launched, and never ran before. One that was adopted runs already. */
function isFirstLaunch({ launch, homeSinceMs }: NodeRecord): boolean {
  const node = launch === undefined ? undefined : nodeTaskOf(launch);
  return node?.state === "TASK_INTENDED" && launch?.cleanup === false && homeSinceMs === 0;
}

function isPlaced({ launch, home }: NodeRecord): boolean {
  const node = launch === undefined ? undefined : nodeTaskOf(launch);
  return home !== "" || (node !== undefined && !isTerminal(node));
}

/** Why this record, which was just stored, breaks the rule; undefined when it does not. */
export function quorumProblem(record: NodeRecord, values: ReadonlyMap<string, unknown>): string | undefined {
  if (!isFirstLaunch(record)) return undefined;
  const { spec } = clusterRecordSchema.parse(values.get(`clusters/${record.cluster}`));
  const masters = spec.nodes.filter(({ type }) => type === "master").map(({ name }) => name);
  if (masters.includes(record.node)) return undefined;
  const placed = masters.filter((name) => isPlaced(nodeOf(values.get(`nodes/${record.cluster}/${name}`))));
  if (placed.length >= quorumSize(masters.length)) return undefined;
  return `${record.cluster}/${record.node} is launched while ${placed.length} of its ${masters.length} masters are placed`;
}

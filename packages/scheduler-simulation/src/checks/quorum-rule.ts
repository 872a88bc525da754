// A rule of placement that a run must keep: no worker of a cluster is launched for the first time before the store says
// that a quorum of its masters was launched.

import { quorumSize } from "@cke/scheduler/framework/placement/quorum";
import { isTerminal, type UnitRecord, unitTaskOf } from "@cke/scheduler/workload/records/records";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";

/** True for a node that is about to be launched and never ran before. An adopted node runs already. */
function isFirstLaunch({ launch, homeSinceMs }: UnitRecord): boolean {
  const node = launch === undefined ? undefined : unitTaskOf(launch);
  return node?.state === "TASK_INTENDED" && launch?.cleanup === false && homeSinceMs === 0;
}

function isPlaced({ launch, home }: UnitRecord): boolean {
  const node = launch === undefined ? undefined : unitTaskOf(launch);
  return home !== "" || (node !== undefined && !isTerminal(node));
}

/** Why this record, which was just stored, breaks the rule; undefined when it keeps it. */
export function quorumProblem(record: UnitRecord, values: ReadonlyMap<string, unknown>): string | undefined {
  if (!isFirstLaunch(record)) return undefined;
  const { spec } = workloadOf(values.get(`workloads/${record.workload}`));
  const masters = spec.units.filter(({ type }) => type === "master");
  if (masters.some(({ name }) => name === record.unit)) return undefined;
  // Those that came later are no part of it.
  const founders = masters.filter(({ late }) => late !== true).map(({ name }) => name);
  const placed = founders.filter((name) => isPlaced(nodeOf(values.get(`units/${record.workload}/${name}`))));
  if (placed.length >= quorumSize(founders.length)) return undefined;
  return `${record.workload}/${record.unit} is launched while ${placed.length} of its ${founders.length} masters are placed`;
}

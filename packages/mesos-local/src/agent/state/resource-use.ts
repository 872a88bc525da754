// The resources that runs hold, as operators see them. Pure. An executor holds its own resources from its
// launch to its end, a task from its launch to its terminal status.
import { type Resource, Resources } from "@cke/mesos";
import { type AgentState, type ExecutorRun, isEnded } from "./agent-state.ts";

/** Of the executor and its open tasks. */
export function usedByRun(run: ExecutorRun): readonly Resource[] {
  if (run.state === "terminated") return [];
  const open = [...run.tasks.values()].filter((task) => !isEnded(task));
  return Resources.sum(run.info.resources ?? [], ...open.map(({ info }) => info.resources ?? []));
}

export function usedByAll(state: AgentState): readonly Resource[] {
  return Resources.sum(...state.runs().map(usedByRun));
}

/** Splits by reservation role; "*" holds what is not reserved. */
export function byRole(resources: readonly Resource[]): ReadonlyMap<string, readonly Resource[]> {
  return Map.groupBy(resources, Resources.reservationRoleOf);
}

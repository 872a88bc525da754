// Every node and process of a cluster that is to run either runs, or the API says why not: in its state, in what is pending, or
// in the steps of its plan. Pure.
import type { ClusterStateView } from "@cke/scheduler/kubernetes/views/cluster-views";

/** A task that is launched, comes up, has done its work or is being killed: what it does is reason enough. */
const underWay = new Set<string>(["running", "finished", "staging", "starting", "killing"]);

/** What neither runs nor has a stated reason, in words; empty for a cluster that is being deleted. */
export function unexplained(view: ClusterStateView): readonly string[] {
  if (view.expect !== "RUN") return [];
  const told = (node: string, process: string) =>
    view.pending.some((one) => one.node === node && one.process === process && one.summary !== "") ||
    view.plan.steps.some((one) => one.node === node && one.process === process && one.explanation !== "");
  return view.nodes.flatMap((node) => {
    const own = node.reason !== "" || told(node.name, "");
    const parts = node.task_id === "" ? [] : node.processes;
    return [
      ...(own || underWay.has(node.status) ? [] : [`${view.name}/${node.name} is ${node.status}`]),
      ...parts.flatMap(({ name, status, reason, task_id }) =>
        own || reason !== "" || told(node.name, name) || (underWay.has(status) && task_id !== "")
          ? []
          : [`${view.name}/${node.name}/${name} is ${status}`],
      ),
    ];
  });
}

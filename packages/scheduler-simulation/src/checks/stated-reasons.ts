// A rule: each node and process of a cluster that is to run either runs, or the API says why it does not: in its state,
// among what is pending, or in the steps of its plan. Pure.
import type { ClusterStateView } from "@cke/scheduler/kubernetes/views/cluster-views";

/** States of tasks that need no reason: they run, come up, have finished or are being killed. */
const underWay = new Set<string>(["running", "finished", "staging", "starting", "killing"]);

/** The nodes and processes that neither run nor have a reason; empty for a cluster that is being deleted. */
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

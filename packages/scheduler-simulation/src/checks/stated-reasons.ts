// A rule: each node and process of a cluster, and each VM, that is to run either runs, or the API says why it does not: in its state,
// among what is pending, or in the steps of its plan; of a VM in its state and in the list. Pure.
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";
import type { ClusterStateView } from "@cke/scheduler/kubernetes/views/cluster-views";

import type { VmService } from "@cke/scheduler/vm/views/vm-service";
import type { VmStateView } from "@cke/scheduler/vm/views/vm-views";

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

/** The VM, when it is to run, does not, and nothing says why; undefined for every other one. */
export function unexplainedVm(view: VmStateView): string | undefined {
  const { name, expect, status, reason, status_reason, task_id } = view;
  if (expect !== "RUN" || status === "running" || status === "paused") return undefined;
  // What its executor does comes by itself, and its step says what it is.
  if (task_id !== "" && (status === "starting" || status === "stopping" || status === "finished")) return undefined;
  if (status === "finished") return view.plan.steps.some(({ explanation }) => explanation !== "") ? undefined : name;
  return reason === "" || status_reason === "" ? `${name} is ${status}` : undefined;
}

/** Of everything that a scheduler has. */
export function allUnexplained({
  service,
  vms,
}: {
  readonly service: Pick<RunningClusterService, "list" | "state">;
  readonly vms: Pick<VmService, "list" | "state">;
}): readonly string[] {
  return [
    ...service.list().flatMap(({ name }) => unexplained(service.state(name))),
    ...vms.list().flatMap(({ name }) => unexplainedVm(vms.state(name)) ?? []),
  ];
}

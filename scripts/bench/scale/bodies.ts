// The data of the measurements: clusters of one master and three nodes, and reports as large as those of real
// executors.
import type { TaskInfo, TaskStatus } from "@cke/mesos";
import { TaskData, TaskReport } from "@cke/protocol";

export const nodesPerCluster = 4;

/** The body of POST /k8s/v1/clusters. Every cluster has its own addresses. */
export function clusterBody(index: number): Readonly<Record<string, unknown>> {
  const address = (host: number) => `10.${100 + Math.floor(index / 250)}.${index % 250}.${host}`;
  return {
    cluster_name: clusterName(index),
    cluster_type: "k8s",
    network: `net-${index}`,
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: address(10) },
      ...[1, 2, 3].map((node) => ({ name: `node${node}`, type: "node", host: "*", node_ip: address(10 + node) })),
    ],
  };
}

export const clusterName = (index: number) => `scale-${String(index).padStart(4, "0")}`;

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** The TaskReport of a healthy task; for a process with the results of its probes. `turn` makes reports differ. */
export function healthyReport(task: TaskInfo, turn = 0): Pick<TaskStatus, "data"> {
  const data = TaskData.decode(new Uint8Array(Buffer.from(task.data ?? "", "base64"))).task;
  if (data?.kind === "kubeNode") {
    const value = { launchStep: "ready", containerId: "f".repeat(64), detail: `checked ${turn}` };
    return { data: base64(TaskReport.encode({ report: { kind: "unit", value } })) };
  }
  const spec = data?.kind === "process" ? data.value.spec : undefined;
  const passed = ({ name, phase }: { readonly name: string; readonly phase: string }) => ({
    name,
    phase,
    passing: true,
    everPassed: true,
    message: `ok, answered in ${turn % 90} ms`,
  });
  const value = {
    name: spec?.name ?? "",
    phase: "running" as const,
    healthy: true,
    pid: 4_711 + turn,
    startWhen: (spec?.startWhen ?? []).map(passed),
    health: (spec?.health ?? []).map(passed),
  };
  return { data: base64(TaskReport.encode({ report: { kind: "process", value } })) };
}

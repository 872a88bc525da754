// Metrics of what the scheduler manages: clusters, nodes and processes by status, and the connection to Mesos.
import type { ClusterService, Status } from "../domain/cluster-service.ts";
import type { Metrics } from "./metrics.ts";

const statuses: readonly Status[] = ["init", "staging", "starting", "running", "failed", "killing", "killed"];

export function addClusterMetrics(metrics: Metrics, service: ClusterService): void {
  const count = (all: readonly { readonly status: Status }[]) =>
    statuses.map((status) => ({ labels: { status }, value: all.filter((one) => one.status === status).length }));
  const clusters = () => service.list();
  const nodes = () => clusters().flatMap(({ name }) => service.get(name).nodes);
  metrics.gauge("cke_mesos_subscribed", "1 while the framework is subscribed at a Mesos master.", () =>
    service.connected() ? 1 : 0,
  );
  metrics.gauge("cke_clusters", "Clusters by status.", () => count(clusters()));
  metrics.gauge("cke_nodes", "KubeNodes by status.", () => count(nodes()));
  metrics.gauge("cke_processes", "Processes of KubeNodes by status.", () =>
    count(nodes().flatMap(({ processes }) => processes)),
  );
}

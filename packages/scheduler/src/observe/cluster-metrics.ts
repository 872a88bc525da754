// Metrics of what the scheduler manages: clusters, nodes and processes by status, and the connection to Mesos. Only the
// leader has them, so that a sum over all schedulers is right.
import type { ClusterService, Status } from "../domain/cluster-service.ts";
import type { Metrics } from "./metrics.ts";

const statuses: readonly Status[] = ["init", "staging", "starting", "running", "failed", "killing", "killed"];

/** `leading`: what this scheduler leads with, asked at every scrape. */
export function addClusterMetrics(metrics: Metrics, leading: () => ClusterService | undefined): void {
  const count = (all: readonly { readonly status: Status }[]) =>
    leading() === undefined
      ? []
      : statuses.map((status) => ({ labels: { status }, value: all.filter((one) => one.status === status).length }));
  const clusters = () => leading()?.list() ?? [];
  const nodes = () => clusters().flatMap(({ name }) => leading()?.get(name).nodes ?? []);
  metrics.gauge("cke_mesos_subscribed", "1 while the framework is subscribed at a Mesos master.", () =>
    leading()?.connected() === true ? 1 : 0,
  );
  metrics.gauge("cke_clusters", "Clusters by status.", () => count(clusters()));
  metrics.gauge("cke_nodes", "KubeNodes by status.", () => count(nodes()));
  metrics.gauge("cke_processes", "Processes of KubeNodes by status.", () =>
    count(nodes().flatMap(({ processes }) => processes)),
  );
}

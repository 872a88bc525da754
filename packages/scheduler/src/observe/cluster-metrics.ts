// Metrics of what the scheduler manages: clusters, nodes and processes by status, and the connection to Mesos. Only the
// leader has them, so that a sum over all schedulers is right.
import type { Registry } from "prom-client";
import type { ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { StatusCounts } from "../kubernetes/views/status-counts.ts";
import { addGauge, addLabelledGauge } from "./gauge.ts";

/** `leading`: the service of this scheduler while it leads, asked at every scrape. */
export function addClusterMetrics(metrics: Registry, leading: () => ClusterService | undefined): void {
  let counts: StatusCounts | undefined;
  /** Counted once for each scrape, which reads all gauges in one turn of the event loop. */
  const counted = () => {
    if (counts === undefined) queueMicrotask(() => (counts = undefined));
    counts ??= leading()?.statusCounts();
    return counts;
  };
  const count = (what: Exclude<keyof StatusCounts, "bgp">) =>
    Object.entries(counted()?.[what] ?? {}).map(([status, value]) => ({ labels: { status }, value }));
  addGauge(metrics, "cke_mesos_subscribed", "1 while the framework is subscribed at a Mesos master.", () =>
    leading()?.connected() === true ? 1 : 0,
  );
  addLabelledGauge(metrics, "cke_clusters", "Clusters by status.", ["status"], () => count("clusters"));
  addLabelledGauge(metrics, "cke_nodes", "KubeNodes by status.", ["status"], () => count("nodes"));
  addLabelledGauge(metrics, "cke_processes", "Processes of KubeNodes by status.", ["status"], () => count("processes"));
  const policyWords = "Nodes that are to enforce network policies by what they tell of it.";
  addLabelledGauge(metrics, "cke_policy_nodes", policyWords, ["status"], () => count("policies"));
  const bgp = (what: keyof StatusCounts["bgp"]) => counted()?.bgp[what] ?? 0;
  addLabelledGauge(metrics, "cke_bgp_sessions", "Sessions of BGP of KubeNodes by state.", ["status"], () =>
    (["established", "down"] as const).map((status) => ({ labels: { status }, value: bgp(status) })),
  );
  addGauge(metrics, "cke_bgp_routes", "Routes that KubeNodes have by BGP.", () => bgp("routes"));
  addGauge(metrics, "cke_bgp_flaps", "Sessions of BGP that ended, since each node's executor began.", () =>
    bgp("flaps"),
  );
}

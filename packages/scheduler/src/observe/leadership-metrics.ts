// Metrics of the part that this scheduler plays, and of the clusters that it manages while it leads.
import type { Role } from "../leadership/role.ts";
import { addClusterMetrics } from "./cluster-metrics.ts";
import type { Metrics } from "./metrics.ts";

export function addLeadershipMetrics(metrics: Metrics, role: () => Role): void {
  metrics.gauge("cke_leader", "1 on the scheduler that leads.", () => (role().kind === "leader" ? 1 : 0));
  addClusterMetrics(metrics, () => {
    const now = role();
    return now.kind === "leader" ? now.service : undefined;
  });
}

/** Counts a change of the leader, each time it is called. */
export function leaderChanges(metrics: Metrics): () => void {
  const changes = metrics.counter("cke_leader_changes_total", "Changes of the leader that this scheduler has seen.");
  return () => changes.increment();
}

// Metrics of this scheduler's standing, and of the clusters that it manages while it leads.
import { Counter, type Registry } from "prom-client";
import type { Standing } from "../leadership/standing.ts";
import { addClusterMetrics } from "./cluster-metrics.ts";
import { addGauge } from "./gauge.ts";

export function addLeadershipMetrics(metrics: Registry, standing: () => Standing): void {
  addGauge(metrics, "cke_leader", "1 on the scheduler that leads.", () => (standing().kind === "leader" ? 1 : 0));
  addClusterMetrics(metrics, () => {
    const now = standing();
    return now.kind === "leader" ? now.service : undefined;
  });
}

/** Returns a function that counts one change of the leader. */
export function leaderChanges(metrics: Registry): () => void {
  const changes = new Counter({
    name: "cke_leader_changes_total",
    help: "Changes of the leader that this scheduler has seen.",
    registers: [metrics],
  });
  return () => changes.inc();
}

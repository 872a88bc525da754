// Metrics of this scheduler's role, and of the clusters that it manages while it leads.
import { Counter, type Registry } from "prom-client";
import type { Role } from "../leadership/role.ts";
import { addClusterMetrics } from "./cluster-metrics.ts";
import { addGauge } from "./gauge.ts";

export function addLeadershipMetrics(metrics: Registry, role: () => Role): void {
  addGauge(metrics, "cke_leader", "1 on the scheduler that leads.", () => (role().kind === "leader" ? 1 : 0));
  addClusterMetrics(metrics, () => {
    const now = role();
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

// The kinds of faults in a simulated run. A fault is counted when it has an effect. A kind that never has one is a
// mistake in the simulation.

export const faultKinds = [
  "call_lost",
  "call_answer_lost",
  "call_delayed",
  "update_duplicated",
  "event_reordered",
  "record_torn",
  "stream_broken",
  "stream_torn_unnoticed",
  "stream_frozen",
  "stale_offers",
  "offers_rescinded",
  "master_failover",
  "agent_partitioned",
  "agent_lost",
  "agent_removed",
  "agent_restarted",
  "agent_forgetful",
  "agent_rebooted",
  "agent_drained",
  "agent_maintenance",
  "plan_paused",
  "plan_retried",
  "cluster_stopped",
  "executor_killed_at_stop",
  "node_added",
  "node_removed",
  "node_replaced",
  "node_labelled",
  "masters_added",
  "masters_removed",
  "master_replaced",
  "worker_replaced",
  "kubernetes_answer_lost",
  "process_changed",
  "process_stopped",
  "executor_crashed",
  "executor_killed_by_others",
  "process_failed",
  "container_lost",
  "image_missing",
  "store_slow",
  "store_away",
  "store_unsure",
  "leader_changed",
  "scheduler_crashed_at_commit",
  "scheduler_crashed_at_call",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export class FaultCount {
  readonly #counts = new Map<FaultKind, number>();

  add(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  of(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  merge(other: FaultCount): void {
    for (const kind of faultKinds) this.#counts.set(kind, this.of(kind) + other.of(kind));
  }

  toString(): string {
    return faultKinds.map((kind) => `${kind} ${this.of(kind)}`).join(", ");
  }
}

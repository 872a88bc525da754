// Counters of /metrics/snapshot; gauges are computed from the agent's state when asked.

export class AgentMetrics {
  executorsTerminated = 0;
  launchErrors = 0;
  validUpdates = 0;
  invalidUpdates = 0;
  validMessages = 0;
  invalidMessages = 0;
  recoveryErrors = 0;
  recoverySeconds = 0;
  readonly #states = new Map<string, number>();

  /** A task entered a state. */
  countState(state: string): void {
    this.#states.set(state, (this.#states.get(state) ?? 0) + 1);
  }

  entered(state: string): number {
    return this.#states.get(state) ?? 0;
  }
}

// Where a channel leads: the executor that runs a unit. Knows nothing of what the unit is.

export interface ChannelUnit {
  readonly executorId: string;
  readonly agentId: string;
  /** For messages to an operator: `node "n0" of cluster "my"`. */
  readonly name: string;
}

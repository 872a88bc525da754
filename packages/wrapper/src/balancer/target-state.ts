// What is known of one server behind the balancer, and what each observation changes. Pure.

export type TargetState =
  /** It has answered its last check well. */
  | { readonly kind: "up" }
  /** It is used when no other one is up: not checked yet, not ready, or silent for a moment. */
  | { readonly kind: "doubtful"; readonly silences: number }
  /** Nothing is there, or it has been silent for too long: its connections are closed. */
  | { readonly kind: "down" };

export type Observation =
  /** It says that it is well. */
  | "well"
  /** It says that it is not ready. */
  | "unready"
  /** A connection to it has ended by itself. */
  | "lost"
  /** It takes no connection. */
  | "refused"
  /** It did not answer in time. */
  | "silent";

export const unknown: TargetState = { kind: "doubtful", silences: 0 };
const up: TargetState = { kind: "up" };
const down: TargetState = { kind: "down" };
/** A busy host is late once; a dead or frozen one again. */
const toleratedSilences = 1;

export function observed(state: TargetState, observation: Observation): TargetState {
  switch (observation) {
    case "well":
      return up;
    case "refused":
      return down;
    case "unready":
      return unknown;
    case "lost":
      return state.kind === "up" ? unknown : state;
    case "silent": {
      if (state.kind === "down") return down;
      const silences = state.kind === "doubtful" ? state.silences + 1 : 1;
      return silences > toleratedSilences ? down : { kind: "doubtful", silences };
    }
  }
}

const ranks = { up: 0, doubtful: 1, down: 2 } as const;

export interface Candidate {
  readonly state: TargetState;
  readonly connections: number;
}

/**
 * In which order servers are tried for a new connection: those that are up first, of them the one with the fewest connections. None is left out,
 * for what is known may be wrong. Equals keep their order.
 */
export function inOrder<T extends Candidate>(candidates: readonly T[]): readonly T[] {
  return candidates.toSorted(
    (left, right) => ranks[left.state.kind] - ranks[right.state.kind] || left.connections - right.connections,
  );
}

// A claim on an agent's room: resources that are kept there for a node that is to come back to its data.

export interface ClaimAmounts {
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB. */
  readonly disk: number;
}

export interface Claim extends ClaimAmounts {
  /** `<cluster>/<node>` */
  readonly node: string;
  /** What is less urgent than this keeps off (`urgency` of a need). */
  readonly urgency: number;
  /** Roles whose offers will do; empty: any. */
  readonly roles: readonly string[];
  readonly ports: readonly number[];
}

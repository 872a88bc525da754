// A claim on an agent: resources that are free for Mesos, and that CKE keeps for a unit that is to run there: for
// its return, or for its processes that have ended.

export interface ClaimAmounts {
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB. */
  readonly disk: number;
}

export interface Claim extends ClaimAmounts {
  /** `<workload>/<unit>` */
  readonly unit: string;
  /** Requests that are less urgent than this do not get the resources (`urgency` of a placement request). */
  readonly urgency: number;
  /** Roles whose offers may be used; empty: any. */
  readonly roles: readonly string[];
  readonly ports: readonly number[];
}

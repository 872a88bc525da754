// The standing of this scheduler among those that share a store, for the REST API: starting, leader or follower.
import type { ClusterReads } from "../kubernetes/views/cluster-service.ts";
import type { SchedulerAddress } from "../store/election.ts";
import type { VmReads } from "../vm/views/vm-service.ts";
import type { LeaderServices } from "./leader-services.ts";

/** Another scheduler that leads, or led last. */
export interface OtherLeader {
  readonly address: SchedulerAddress;
  /** Aborts when a third scheduler or this one leads instead: a request that waits for this leader waits in vain. */
  readonly gone: AbortSignal;
}

/** What a former leader still knows. It can be read until another scheduler leads. */
export interface Memory {
  readonly service: ClusterReads;
  readonly vms: VmReads;
  /** UNIX milliseconds of the loss of the leadership. */
  readonly sinceMs: number;
}

export type Standing =
  /** It has not begun to campaign, or it leads and has not read the store yet. */
  | { readonly kind: "starting" }
  | ({ readonly kind: "leader" } & LeaderServices)
  | {
      readonly kind: "follower";
      /** Undefined while there is none, or while the storage does not answer. */
      readonly leader: OtherLeader | undefined;
      /** The last other leader that was seen, also when it may not lead any more. */
      readonly lastLeader: OtherLeader | undefined;
      readonly memory: Memory | undefined;
    };

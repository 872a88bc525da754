// The part that this scheduler plays among those that share a store, as the REST API sees it.
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import type { ClusterReads, ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { SchedulerAddress } from "../store/election.ts";

/** Another scheduler that leads, or led last. */
export interface OtherLeader {
  readonly address: SchedulerAddress;
  /** Aborts when yet another scheduler (or this one) is seen leading: what waits for the old one waits in vain. */
  readonly gone: AbortSignal;
}

/** What a scheduler knew when it lost the leadership: good for reading until somebody leads again. */
export interface Memory {
  readonly service: ClusterReads;
  /** UNIX milliseconds of the loss. */
  readonly sinceMs: number;
}

export type Role =
  /** Not yet taking part, or it leads and has not read the store yet. */
  | { readonly kind: "starting" }
  | { readonly kind: "leader"; readonly service: ClusterService; readonly channels: WorkloadChannels }
  | {
      readonly kind: "follower";
      /** Undefined while there is none, or while nobody can tell. */
      readonly leader: OtherLeader | undefined;
      /** The last one that was seen, also when it is not known to lead any more; never this scheduler. */
      readonly lastLeader: OtherLeader | undefined;
      readonly memory: Memory | undefined;
    };

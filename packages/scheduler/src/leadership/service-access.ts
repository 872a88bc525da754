// Gives the REST API's routes the cluster service of the present term. The service changes with every term, so routes
// ask for it at each request. A former leader's memory can only be read; the types ensure that.
import { CkeError } from "@cke/foundation";
import type { ClusterReads, ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { VmReads } from "../vm/views/vm-service.ts";
import type { LeaderServices } from "./leader-services.ts";
import type { Standing } from "./standing.ts";

export interface ServiceAccess {
  /** All services of the leader. Throws `not_leader` (503) when this scheduler does not lead. */
  readonly acting: () => LeaderServices;
  /** The leader's service. Throws `not_leader` (503) when this scheduler does not lead. */
  readonly leading: () => ClusterService;
  /**
   * For reading: the leader's service, or a former leader's memory. Throws `not_leader` (503) when there is neither.
   */
  readonly readable: () => ClusterReads;
  /** The same for VMs. */
  readonly readableVms: () => VmReads;
}

/** 503: this scheduler cannot do it now. */
export function notLeading(what = "this scheduler does not lead"): CkeError {
  return new CkeError("not_leader", `${what}; try again in a few seconds`, { status: 503, retryable: true });
}

/** Access to the service by the standing at the moment of each call. */
export function serviceAccess(standing: () => Standing): ServiceAccess {
  const acting = () => {
    const now = standing();
    if (now.kind === "leader") return now;
    throw notLeading();
  };
  /** The leader, or a former leader's memory. */
  const remembering = () => {
    const now = standing();
    if (now.kind === "leader") return now;
    if (now.kind === "follower" && now.memory !== undefined) return now.memory;
    throw notLeading();
  };
  return {
    acting,
    leading: () => acting().service,
    readable: () => remembering().service,
    readableVms: () => remembering().vms,
  };
}

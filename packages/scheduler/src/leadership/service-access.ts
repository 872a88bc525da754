// Gives the REST API's routes the cluster service of the present term. The service changes with every term, so routes
// ask for it at each request. A former leader's memory can only be read; the types ensure that.
import { CkeError } from "@cke/foundation";
import type { ClusterReads, ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { Role } from "./role.ts";

export interface ServiceAccess {
  /** The leader's service. Throws `not_leader` (503) when this scheduler does not lead. */
  readonly leading: () => ClusterService;
  /**
   * For reading: the leader's service, or a former leader's memory. Throws `not_leader` (503) when there is neither.
   */
  readonly readable: () => ClusterReads;
}

/** 503: this scheduler cannot do it now. */
export function notLeading(what = "this scheduler does not lead"): CkeError {
  return new CkeError("not_leader", `${what}; try again in a few seconds`, { status: 503, retryable: true });
}

/** Access to the service by the role at the moment of each call. */
export function serviceAccess(role: () => Role): ServiceAccess {
  return {
    leading: () => {
      const now = role();
      if (now.kind === "leader") return now.service;
      throw notLeading();
    },
    readable: () => {
      const now = role();
      if (now.kind === "leader") return now.service;
      if (now.kind === "follower" && now.memory !== undefined) return now.memory.service;
      throw notLeading();
    },
  };
}

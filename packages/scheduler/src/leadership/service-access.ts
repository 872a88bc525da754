// How the REST API reaches the service behind it. The service changes with the terms, so it is asked for anew with each
// request. What a scheduler remembers from its last term can be read and nothing else: the types say so.
import { CkeError } from "@cke/foundation";
import type { ClusterReads, ClusterService } from "../kubernetes/views/cluster-service.ts";
import type { Role } from "./role.ts";

export interface ServiceAccess {
  /** The leader's service. Throws `not_leader` (503) where there is none. */
  readonly leading: () => ClusterService;
  /** For reading: the leader's service, or what a former leader remembers. Throws `not_leader` (503) where neither is. */
  readonly readable: () => ClusterReads;
}

/** 503: this scheduler cannot do it now. */
export function notLeading(what = "this scheduler does not lead"): CkeError {
  return new CkeError("not_leader", `${what}; try again in a few seconds`, { status: 503, retryable: true });
}

/** Access to the service of whoever this scheduler is at the moment of the question. */
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

// The masters of clusters for the API's routes: those of the present term.
import type { MasterConnections } from "../kubernetes/access/master-connections.ts";
import { notLeading } from "./service-access.ts";
import type { Standing } from "./standing.ts";

/** Throws `not_leader` (503) at each call while this scheduler does not lead. */
export function actingMasters(standing: () => Standing): () => MasterConnections {
  return () => {
    const now = standing();
    if (now.kind === "leader") return now.masters;
    throw notLeading();
  };
}

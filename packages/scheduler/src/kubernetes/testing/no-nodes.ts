// For tests that are about something else: no node can be added, changed or removed.
import { ClusterNotFoundError } from "../cluster/cluster-errors.ts";
import type { NodeService } from "../views/node-service.ts";

const none = async (cluster: string) => {
  throw new ClusterNotFoundError(cluster);
};

export const noNodes: NodeService = { add: none, change: none, remove: none, replace: none };

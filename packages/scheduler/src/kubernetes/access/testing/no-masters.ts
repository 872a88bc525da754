// For tests that are about something else: no master can be reached.
import { ClusterUnreachableError } from "../access-errors.ts";
import type { MasterConnections } from "../master-connections.ts";

const none = (cluster: string) => new ClusterUnreachableError(cluster, "there are no masters in this test");

export const noMasters: MasterConnections = {
  request: ({ cluster }) => {
    throw none(cluster);
  },
  connect: async ({ cluster }) => {
    throw none(cluster);
  },
  tunnel: async ({ cluster }) => {
    throw none(cluster);
  },
};

// For tests that are about something else: no API server can be reached.
import { ClusterUnreachableError } from "../access-errors.ts";
import type { KubernetesClient } from "../kubernetes-client.ts";

export const unreachableClient: KubernetesClient = {
  request: async (cluster) => {
    throw new ClusterUnreachableError(cluster, "there are no masters in this test");
  },
};

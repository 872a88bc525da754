// Floating addresses for tests of others: there are none, and none can be given.
import { CkeError } from "@cke/foundation";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import type { FloatingService } from "../floating/floating-service.ts";

export const noFloating: FloatingService = {
  list: () => [],
  add: async () => {
    throw new CkeError("refused", "the cluster has no uplink.floating_pool", { status: 422 });
  },
  remove: async (cluster, address) => {
    throw new PartNotFoundError("floating address", `cluster "${cluster}"`, address, []);
  },
};

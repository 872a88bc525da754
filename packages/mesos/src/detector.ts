// Finds the masters to try. A list is tried in turn (a non-leader redirects to the leader); ZooKeeper would name the
// leader itself.
import { CkeError } from "@cke/foundation";
import type { MasterAddress, MesosEndpoint } from "./master-address.ts";

export interface MasterDetector {
  /**
   * The masters to try, best first, never empty. Asked again before every round of attempts. A rejection with a retryable
   * CkeError is tried again with backoff; any other ends the connection.
   */
  masters(signal: AbortSignal): Promise<readonly MesosEndpoint[]>;
}

/** Throws CkeError `mesos_zookeeper_unsupported` for a zk:// address. */
export function createMasterDetector(address: MasterAddress): MasterDetector {
  switch (address.kind) {
    case "list":
      return { masters: async () => address.endpoints };
    case "zookeeper":
      throw new CkeError(
        "mesos_zookeeper_unsupported",
        "finding the leading master through ZooKeeper (zk://…) is not supported by this version; give the masters themselves: host:port,host:port",
        { status: 501 },
      );
  }
}

// Finds the masters to try. A list is tried in turn (a non-leader redirects to the leader); ZooKeeper names the leader
// itself (zookeeper-detector.ts, which is not in this package's index).
import type { MesosEndpoint } from "./master-address.ts";

export interface MasterDetector {
  /**
   * The masters to try, best first, never empty. Asked again before every round of attempts. A rejection with a retryable
   * CkeError is tried again with backoff; any other ends the connection.
   */
  masters(signal: AbortSignal): Promise<readonly MesosEndpoint[]>;
  /**
   * Only where the detector sees the election itself: calls back with each new leader, until the returned function is
   * called. A subscription at another master is then given up at once.
   */
  watch?(moved: (leader: MesosEndpoint) => void): () => void;
  /** Closes what the detector holds open; the connection that uses it calls this at its end. */
  close?(): Promise<void>;
}

/** Masters that are known by their addresses. */
export function listDetector(endpoints: readonly MesosEndpoint[]): MasterDetector {
  return { masters: async () => endpoints };
}

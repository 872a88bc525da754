// What the keeper of the load balancer's hosts is made of.
import type { Clock, Logger } from "@cke/foundation";
import type { Store } from "../../store/store.ts";
import type { LoadBalancerClient } from "./spider-client.ts";

/** Which addresses the certificates of running masters name, by the ids of their executors. */
export interface CertifiedAddresses {
  has(executorId: string, address: string): boolean;
  /** Why a certificate cannot be given to it; "" when nothing is known against it. */
  problem(executorId: string): string;
}

export interface LoadBalancerParts {
  readonly store: Store;
  /** Undefined without a load balancer: what is registered stays so until there is one again. */
  readonly client: LoadBalancerClient | undefined;
  /** Writes to a cluster's log. */
  readonly tell: (level: "info" | "warning", cluster: string, words: string) => void;
  readonly certified: CertifiedAddresses;
  readonly clock: Clock;
  readonly logger: Logger;
}

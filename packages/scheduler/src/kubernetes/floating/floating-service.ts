// The port of the service for floating addresses, which the REST API calls.
import type { AskedFloating } from "../network/floating-spec.ts";

export interface FloatingView {
  readonly floating_ip: string;
  /** "namespace/name"; "" for one that leads to a fixed address. */
  readonly pod: string;
  /** Where it leads now; "" while its pod has no address. */
  readonly address: string;
  /** Why it leads to nothing, or why its pod cannot be followed now; "" for none. */
  readonly problem: string;
}

/** Every method throws CkeErrors whose status is the HTTP status: 404 for unknown names, 409 while the cluster is being deleted. */
export interface FloatingService {
  list(cluster: string): readonly FloatingView[];
  /** 409 for what is given already, when the pool has none, or when the cluster's record has no room; 422 for a cluster without a pool, and for an address that cannot be. */
  add(cluster: string, asked: AskedFloating, by: string): Promise<FloatingView>;
  remove(cluster: string, address: string, by: string): Promise<void>;
}

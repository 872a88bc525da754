// Computes the answer of GET /readyz: the scheduler's standing, and what it still lacks for that standing. Pure.
import type { Standing } from "../../leadership/standing.ts";

/** `starting`: the store is not read yet; `draining`: the scheduler is stopping. */
export type ServingPhase = "starting" | "serving" | "draining";

export interface ReadinessInput {
  readonly phase: ServingPhase;
  readonly standing: Standing;
  readonly storage: { readonly type: string; readonly durable: boolean; readonly shared: boolean };
  /** True when the storage answers. */
  readonly healthy: boolean;
  /** `address:port` when the API listens beyond loopback, otherwise undefined. */
  readonly openAddress: string | undefined;
}

export interface Readiness {
  readonly missing: readonly string[];
  readonly facts: {
    readonly standing: "starting" | "leader" | "follower";
    /** Its earlier name, which clients know. Elsewhere a role is one of Mesos. */
    readonly role: "starting" | "leader" | "follower";
    /** URL of the scheduler that leads, when another one does. */
    readonly leader?: string;
    readonly storage: string;
    readonly warnings?: readonly string[];
  };
}

const memoryOnlyWarning =
  "storage_type is empty: state is kept in memory only, a restart of this scheduler forgets every cluster";

/** For /readyz and the log of the start. */
export function noAuthenticationWarning(address: string): string {
  return `the API has no authentication and listens at ${address}: whoever reaches it can do everything, and read the tokens of cluster administrators; let only those through whom you trust (firewall, a proxy that authenticates), or give -listen 127.0.0.1:8512`;
}

export function readiness({ phase, standing, storage, healthy, openAddress }: ReadinessInput): Readiness {
  const missing = [
    ...(phase === "draining" ? ["the scheduler is stopping"] : []),
    ...(phase === "starting" || standing.kind === "starting" ? ["the scheduler is starting"] : []),
    ...(healthy ? [] : ["the store does not answer"]),
    ...(healthy && standing.kind === "leader" && standing.service.unwritable() !== ""
      ? [standing.service.unwritable()]
      : []),
    ...(standing.kind === "leader" && !standing.service.connected()
      ? [`not subscribed at a Mesos master: ${standing.service.unsubscribed()}`]
      : []),
    ...(standing.kind === "follower" && standing.leader === undefined ? ["no scheduler is seen leading"] : []),
  ];
  const leader = standing.kind === "follower" ? standing.leader?.address.url : undefined;
  const warnings = [
    ...(storage.durable ? [] : [memoryOnlyWarning]),
    ...(openAddress === undefined ? [] : [noAuthenticationWarning(openAddress)]),
  ];
  return {
    missing,
    facts: {
      standing: standing.kind,
      role: standing.kind,
      ...(leader === undefined ? {} : { leader }),
      storage: storage.type,
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  };
}

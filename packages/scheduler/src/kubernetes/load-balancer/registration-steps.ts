// The next thing to do for the clusters of one vpc: an intent is stored, then the call is made, then its outcome is stored. A scheduler that is
// killed in between begins with the call again, which changes nothing when it was made already. Pure.
import type { Registration, Tombstone } from "./registration.ts";

export interface RegisteredCluster {
  readonly cluster: string;
  readonly wanted: ReadonlySet<string>;
  /** Its API server is reached at the load balancer's address, which certificates of masters are to name from the beginning. */
  readonly needsVip: boolean;
  readonly registration: Registration;
}

export interface VpcState {
  /** Clusters of the vpc that exist and are not being deleted. */
  readonly clusters: readonly RegisteredCluster[];
  readonly tombstones: readonly Tombstone[];
  readonly now: number;
}

export type RegistrationStep =
  /** Store `registration`; no call. */
  | { readonly kind: "store"; readonly cluster: string; readonly registration: Registration }
  /** Call, then store `registration`. */
  | {
      readonly kind: "add" | "remove";
      readonly cluster: string;
      readonly hosts: readonly string[];
      readonly registration: Registration;
    }
  | { readonly kind: "ask-vip"; readonly cluster: string; readonly registration: Registration }
  /** Take back `hosts`, and the services when no cluster of the vpc is left; then forget the tombstone. */
  | {
      readonly kind: "bury";
      readonly tombstone: Tombstone;
      readonly hosts: readonly string[];
      readonly services: boolean;
    };

/** The load balancer may give another address. */
const vipFreshMs = 60_000;
/** It has none for this vpc yet, and clients wait for it. */
const vipMissingMs = 5_000;

type HostState = Registration["hosts"][string];

const inState = ({ hosts }: Registration, state: HostState) =>
  Object.keys(hosts)
    .filter((host) => hosts[host] === state)
    .toSorted();

function withHosts(registration: Registration, hosts: readonly string[], state: HostState | undefined): Registration {
  const next = new Map(Object.entries(registration.hosts));
  for (const host of hosts) {
    if (state === undefined) next.delete(host);
    else next.set(host, state);
  }
  return { ...registration, hosts: Object.fromEntries(next) };
}

/** Undefined when all is as it is to be. */
export function nextStep(state: VpcState): RegistrationStep | undefined {
  return firstVipStep(state) ?? ownStep(state) ?? buryStep(state) ?? vipStep(state);
}

function ownStep({ clusters }: VpcState): RegistrationStep | undefined {
  for (const { cluster, wanted, registration } of clusters) {
    const step = (kind: "add" | "remove", hosts: readonly string[], after: HostState | undefined) => ({
      kind,
      cluster,
      hosts,
      registration: withHosts(registration, hosts, after),
    });
    const removing = inState(registration, "removing");
    // Another cluster of the vpc may have the address by now.
    const foreign = removing.filter((host) => hasHost(clusters, host, cluster));
    if (foreign.length > 0)
      return { kind: "store", cluster, registration: withHosts(registration, foreign, undefined) };
    if (removing.length > 0) return step("remove", removing, undefined);
    const adding = inState(registration, "adding");
    if (adding.length > 0) return step("add", adding, "added");
    const leaving = Object.keys(registration.hosts).filter((host) => !wanted.has(host));
    if (leaving.length > 0)
      return { kind: "store", cluster, registration: withHosts(registration, leaving, "removing") };
    const coming = [...wanted].filter((host) => registration.hosts[host] === undefined);
    if (coming.length > 0) return { kind: "store", cluster, registration: withHosts(registration, coming, "adding") };
  }
  return undefined;
}

function buryStep({ clusters, tombstones }: VpcState): RegistrationStep | undefined {
  const [tombstone] = tombstones;
  if (tombstone === undefined) return undefined;
  const hosts = tombstone.hosts.filter((host) => !hasHost(clusters, host));
  return { kind: "bury", tombstone, hosts, services: clusters.length === 0 };
}

/** Before the first host: masters get their certificates when they are launched. */
function firstVipStep({ clusters }: VpcState): RegistrationStep | undefined {
  const due = clusters.find(({ needsVip, registration }) => needsVip && registration.vipAtMs === 0);
  return due && { kind: "ask-vip", cluster: due.cluster, registration: due.registration };
}

function vipStep({ clusters, now }: VpcState): RegistrationStep | undefined {
  const due = clusters.find(({ needsVip, registration: { hosts, vip, vipAtMs } }) => {
    const pause = needsVip && vip.length === 0 ? vipMissingMs : vipFreshMs;
    return (needsVip || Object.keys(hosts).length > 0) && now - vipAtMs >= pause;
  });
  return due && { kind: "ask-vip", cluster: due.cluster, registration: due.registration };
}

/** Whether a cluster (other than `except`) has the host, or is to have it. */
function hasHost(clusters: readonly RegisteredCluster[], host: string, except?: string): boolean {
  return clusters.some(({ cluster, wanted, registration }) => {
    if (cluster === except) return false;
    const own = registration.hosts[host];
    return wanted.has(host) || own === "adding" || own === "added";
  });
}

// Which nodes announce which address of a Service: all workers, or with `externalTrafficPolicy: Local` those with an endpoint. Pure.
import type { ServiceEndpoints } from "./endpoint-slices.ts";
import type { LoadBalancerService } from "./service-object.ts";

export interface Announcement {
  readonly address: string;
  /** Names of the nodes that announce it; empty: all workers. Nobody announces an address without endpoints where they count. */
  readonly nodes: readonly string[];
}

/** In the order of the addresses, so that the same ones are the same value. `given`: addresses by the uid of a Service. */
export function announcements(
  services: readonly LoadBalancerService[],
  given: ReadonlyMap<string, string>,
  endpoints: readonly ServiceEndpoints[],
): readonly Announcement[] {
  const key = (namespace: string, name: string) => `${namespace}/${name}`;
  const byService = new Map<string, Set<string>>();
  for (const { namespace, service, nodes } of endpoints) {
    const known = byService.get(key(namespace, service)) ?? new Set();
    for (const node of nodes) known.add(node);
    byService.set(key(namespace, service), known);
  }
  return services
    .flatMap(({ uid, namespace, name, local }): readonly Announcement[] => {
      const address = given.get(uid);
      if (address === undefined) return [];
      if (!local) return [{ address, nodes: [] }];
      const nodes = [...(byService.get(key(namespace, name)) ?? [])].sort();
      return nodes.length === 0 ? [] : [{ address, nodes }];
    })
    .toSorted((one, other) => (one.address < other.address ? -1 : 1));
}

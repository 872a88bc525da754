// Which nodes announce which address of a Service: all workers, or with `externalTrafficPolicy: Local` those with an endpoint. Pure.
import type { ServiceEndpoints } from "./endpoint-slices.ts";
import type { LoadBalancerService } from "./service-object.ts";

export interface Announcement {
  readonly address: string;
  /** Names of the nodes that announce it; empty: all workers. Nobody announces an address without endpoints where they count. */
  readonly nodes: readonly string[];
}

/** Most names of nodes in all announcements of a cluster: each node gets them all. */
export const mostNames = 20_000;

/**
 * In the order of the addresses, so that the same ones are the same value. `given`: addresses by the uid of a Service. `workers`: names of
 * the nodes that can announce. `left`: addresses that are not announced because there are too many names.
 */
export function announcements(
  services: readonly LoadBalancerService[],
  given: ReadonlyMap<string, string>,
  endpoints: readonly ServiceEndpoints[],
  workers: ReadonlySet<string>,
): { readonly announced: readonly Announcement[]; readonly left: number } {
  const key = (namespace: string, name: string) => `${namespace}/${name}`;
  const byService = new Map<string, Set<string>>();
  for (const { namespace, service, nodes } of endpoints) {
    const known = byService.get(key(namespace, service)) ?? new Set();
    for (const node of nodes) if (workers.has(node)) known.add(node);
    byService.set(key(namespace, service), known);
  }
  const all = services
    .flatMap(({ uid, namespace, name, local }): readonly Announcement[] => {
      const address = given.get(uid);
      if (address === undefined) return [];
      if (!local) return [{ address, nodes: [] }];
      const nodes = [...(byService.get(key(namespace, name)) ?? [])].sort();
      return nodes.length === 0 ? [] : [{ address, nodes }];
    })
    .toSorted((one, other) => (one.address < other.address ? -1 : 1));
  let names = 0;
  const announced = all.filter(({ nodes }) => {
    const fits = names + nodes.length <= mostNames;
    if (fits) names += nodes.length;
    return fits;
  });
  return { announced, left: all.length - announced.length };
}

// Views that follow from a cluster's records alone, kept until one of these records is another one: with a thousand
// clusters few have changed since the last request.

import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";

export class ViewCache<T> {
  readonly #known = new WeakMap<ClusterRecord, { readonly nodes: readonly UnitRecord[]; readonly view: T }>();

  /** The view that `make` made last, if it was of exactly these records. */
  of(cluster: ClusterRecord, nodes: readonly UnitRecord[], make: () => T): T {
    const known = this.#known.get(cluster);
    const same = known?.nodes.length === nodes.length && nodes.every((node, index) => node === known.nodes[index]);
    if (known !== undefined && same) return known.view;
    const view = make();
    this.#known.set(cluster, { nodes, view });
    return view;
  }
}

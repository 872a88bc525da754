// Keeps views that follow only from a cluster's records, until one of these records changes. With a thousand clusters,
// few have changed since the last request.

import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";

export class ViewCache<T> {
  readonly #known = new WeakMap<ClusterRecord, { readonly nodes: readonly UnitRecord[]; readonly view: T }>();

  /** The last view, if it was made from exactly these records; otherwise a new one. */
  of(cluster: ClusterRecord, nodes: readonly UnitRecord[], make: () => T): T {
    const known = this.#known.get(cluster);
    const same = known?.nodes.length === nodes.length && nodes.every((node, index) => node === known.nodes[index]);
    if (known !== undefined && same) return known.view;
    const view = make();
    this.#known.set(cluster, { nodes, view });
    return view;
  }
}

// Keeps views that follow only from a cluster's records, until one of these records changes. With a thousand clusters,
// few have changed since the last request.

import type { UnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";

export class ViewCache<T> {
  readonly #known = new WeakMap<ClusterRecord, { readonly nodes: readonly UnitRecord[]; readonly view: T }>();

  /**
   * The last view, if it was made from exactly these records and is `current` in what follows from nothing else; otherwise a
   * new one.
   */
  of(
    cluster: ClusterRecord,
    nodes: readonly UnitRecord[],
    make: () => T,
    current: (view: T) => boolean = () => true,
  ): T {
    const known = this.#known.get(cluster);
    const same = known?.nodes.length === nodes.length && nodes.every((node, index) => node === known.nodes[index]);
    if (known !== undefined && same && current(known.view)) return known.view;
    const view = make();
    this.#known.set(cluster, { nodes, view });
    return view;
  }
}

// Changes of a running cluster that its plans make: stored in turn with everything else, for the instance that is meant.
import type { Clock } from "@cke/foundation";
import type { Framework } from "../../framework/loop/framework.ts";
import { type ClusterRecord, isCluster } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { changedRecord } from "../processes/process-records.ts";
import type { RenderedNode } from "../rendering/node-renderer.ts";
import type { Renderings } from "../rendering/renderings.ts";
import type { ClusterChanges } from "./etcd-actions.ts";

export interface StoredChangesParts {
  /** Made later than the actions that use this. */
  readonly framework: () => Framework;
  readonly kind: () => { readonly renderings: Renderings };
  readonly clock: Clock;
}

export class StoredChanges implements ClusterChanges {
  readonly #parts: StoredChangesParts;

  constructor(parts: StoredChangesParts) {
    this.#parts = parts;
  }

  async respecify(cluster: ClusterRecord, change: (spec: ClusterSpec) => ClusterSpec, nodes: readonly string[]) {
    await this.#parts.framework().change(async () => {
      const present = this.#present(cluster);
      if (present === undefined) return;
      const { renderings } = this.#parts.kind();
      const spec = change(present.spec);
      const rendered = renderings.create(spec, new Set(nodes));
      const { ledger } = this.#parts.framework().parts;
      await ledger.commit({ workload: { ...present, spec }, also: rendered.operations });
      renderings.keep(spec.name, rendered);
    });
  }

  async edit(cluster: ClusterRecord, node: string, change: (rendered: RenderedNode) => RenderedNode) {
    await this.#parts.framework().change(async () => {
      const present = this.#present(cluster);
      if (present === undefined) return;
      const { renderings } = this.#parts.kind();
      const { ledger } = this.#parts.framework().parts;
      const before = renderings.stored(present.spec, node);
      const rendering = renderings.change(present.spec, node, change);
      const after = rendering?.nodes.get(node);
      if (before === undefined || rendering === undefined || after === undefined) return;
      const record = ledger.unit(present.spec.name, node);
      const now = this.#parts.clock.now();
      const changed = after.outline.processes
        .map(({ name }, index) => ({ process: name, index, before, after, now }))
        .filter(({ index }) => before.processHashes[index] !== after.processHashes[index])
        .reduce((current, one) => current && changedRecord(current, one), record);
      await ledger.commit({ units: changed === undefined ? [] : [changed], also: rendering.operations });
      renderings.keep(present.spec.name, rendering);
    });
  }

  /** The present record of the same instance; undefined when it is gone or going. */
  #present({ spec, createdAtMs }: ClusterRecord): ClusterRecord | undefined {
    const present = this.#parts.framework().parts.ledger.workload(spec.name);
    if (present === undefined || !isCluster(present) || present.deleting) return undefined;
    return present.createdAtMs === createdAtMs ? present : undefined;
  }
}

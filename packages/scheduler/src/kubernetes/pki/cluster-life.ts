// Keys belong to one life of a cluster: they are written only while its record exists and its deletion was not asked for,
// which the commit itself checks. A request that began before the end of a delete can so write nothing after it.
import { z } from "zod";
import type { CommitGuard, Store, StoreOperation } from "../../store/store.ts";
import { StoreError } from "../../store/store.ts";
import { WorkloadGoneError } from "../../workload/kinds/kinds.ts";
import { type WorkloadRecord, workloadKey } from "../../workload/records/records.ts";

/** From a cluster's creation to its removal: one that is created again under its name is another. */
export interface ClusterInstance {
  readonly name: string;
  readonly createdAtMs: number;
}

export const instanceOf = ({ spec, createdAtMs }: Pick<WorkloadRecord, "spec" | "createdAtMs">): ClusterInstance => ({
  name: spec.name,
  createdAtMs,
});

/** The cluster is gone, is being deleted, or is another one by now. */
export class ClusterGoneError extends WorkloadGoneError {
  constructor(name: string) {
    super("cluster_gone", `cluster "${name}" is being deleted or is gone: no keys are made for it any more`, {
      status: 409,
    });
  }
}

const record = z.object({ createdAtMs: z.number(), deleting: z.boolean() });

/**
 * Commits in this life of the cluster. Throws ClusterGoneError when that is over, StoreError `conflict` when `expect` does
 * not hold.
 */
export async function commitInLife(
  store: Store,
  { name, createdAtMs }: ClusterInstance,
  operations: readonly StoreOperation[],
  expect: CommitGuard["expect"] = [],
): Promise<void> {
  const key = workloadKey(name);
  for (;;) {
    const entry = await store.get(key);
    const { data } = record.safeParse(entry?.value);
    if (entry === undefined || data === undefined || data.deleting || data.createdAtMs !== createdAtMs)
      throw new ClusterGoneError(name);
    try {
      await store.commit(operations, { expect: [{ key, revision: entry.revision }, ...expect] });
      return;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "conflict")) throw error;
      // Its record may have changed in another way: a pause, for example.
      if ((await store.get(key))?.revision === entry.revision) throw error;
    }
  }
}

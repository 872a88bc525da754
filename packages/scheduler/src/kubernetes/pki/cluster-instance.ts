// Commits keys only while their instance of the cluster exists: its record must be there, and its deletion not asked
// for. The commit itself checks this, so that a request which began before the end of a delete writes nothing after it.
import { z } from "zod";
import type { CommitGuard, Store, StoreOperation } from "../../store/store.ts";
import { StoreError } from "../../store/store.ts";
import { WorkloadGoneError } from "../../workload/kinds/kinds.ts";
import { type WorkloadRecord, workloadKey } from "../../workload/records/records.ts";

/** A cluster from its creation to its removal. One that is created again under its name is another instance. */
export interface ClusterInstance {
  readonly name: string;
  readonly createdAtMs: number;
}

export const instanceOf = ({ spec, createdAtMs }: Pick<WorkloadRecord, "spec" | "createdAtMs">): ClusterInstance => ({
  name: spec.name,
  createdAtMs,
});

/** The cluster is gone, is being deleted, or is another instance by now. */
export class ClusterGoneError extends WorkloadGoneError {
  constructor(name: string) {
    super("cluster_gone", `cluster "${name}" is being deleted or is gone: no keys are made for it any more`, {
      status: 409,
    });
  }
}

const record = z.object({ createdAtMs: z.number(), deleting: z.boolean() });

/**
 * Commits while this instance of the cluster exists. Throws ClusterGoneError when it does not, StoreError `conflict`
 * when `expect` does not hold.
 */
export async function commitForInstance(
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
      // The record may have changed in another way, for example by a pause.
      if ((await store.get(key))?.revision === entry.revision) throw error;
    }
  }
}

// The migration from format 3 to format 4. Nothing is rewritten: records of format 4 may say which ranges of addresses a cluster has. A program
// of format 3 reads them, and does damage: it forgets the ranges with its next change of the cluster, and makes nodes for other ones. So it must
// refuse the store.
import type { StoreOperation } from "../store.ts";

export function clusterRanges(): readonly StoreOperation[] {
  return [];
}

// The migration from format 4 to format 5. Nothing is rewritten: records of format 5 may say that the pods of a cluster are routed over
// BGP, and to which routers. A program of format 4 reads them, and does damage: it forgets that with its next change of the cluster, and
// sends its nodes static routes. So it must refuse the store.
import type { StoreOperation } from "../store.ts";

export function routedClusters(): readonly StoreOperation[] {
  return [];
}

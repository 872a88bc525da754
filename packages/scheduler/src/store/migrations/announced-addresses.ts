// The migration from format 5 to format 6. Nothing is rewritten: records of format 6 may have nodes that are gateways, and may say which
// addresses the Services and the API server of a cluster have that is reached from outside. A program of format 5 reads them, and does damage: it forgets them with its next change of the
// cluster, and its nodes announce them no more. So it must refuse the store.
import type { StoreOperation } from "../store.ts";

export function announcedAddresses(): readonly StoreOperation[] {
  return [];
}

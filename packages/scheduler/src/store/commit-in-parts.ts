// Changes that need not be all or nothing, of any number: a store bounds what one commit may hold.
import type { Store, StoreOperation } from "./store.ts";

/** As many operations as any store takes in one commit, with room for guards. */
const perCommit = 50;

/** Commits in order. Rejects with the first commit that fails; those before it are stored. */
export async function commitInParts(
  store: Pick<Store, "commit">,
  operations: readonly StoreOperation[],
): Promise<void> {
  for (let from = 0; from < operations.length; from += perCommit)
    await store.commit(operations.slice(from, from + perCommit));
}

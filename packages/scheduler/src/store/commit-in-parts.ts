// Stores any number of changes in several commits, because a store bounds the size of one commit. Only for changes that need
// not be stored all together.
import type { Store, StoreOperation } from "./store.ts";

/** Every store takes this many operations in one commit, and some guards beside them. */
const perCommit = 50;

/** Commits in order. Rejects with the first commit that fails; those before it are stored. */
export async function commitInParts(
  store: Pick<Store, "commit">,
  operations: readonly StoreOperation[],
): Promise<void> {
  for (let from = 0; from < operations.length; from += perCommit)
    await store.commit(operations.slice(from, from + perCommit));
}

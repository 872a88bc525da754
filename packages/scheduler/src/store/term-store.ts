// The store of a term without a shared storage: passes calls on to a store, and refuses commits once the term is lost.
import type { CommitGuard, Store, StoreEntry, StoreOperation } from "./store.ts";
import type { TermLease } from "./term-lease.ts";

export class TermStore implements Store {
  readonly #inner: Store;
  readonly #lease: TermLease;

  constructor(inner: Store, lease: TermLease) {
    this.#inner = inner;
    this.#lease = lease;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    return this.#inner.get(key);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    return this.#inner.list(prefix);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    return this.#inner.keys(prefix);
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    this.#lease.check();
    return this.#inner.commit(operations, guard);
  }

  async healthy(): Promise<boolean> {
    return this.#inner.healthy();
  }

  async close(): Promise<void> {
    this.#lease.lose("this scheduler closed its store");
    await this.#inner.close();
  }
}

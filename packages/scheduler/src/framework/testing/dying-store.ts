// A store whose scheduler dies at a chosen commit: before it (nothing is stored) or after it (stored, never learned of).
import type { CommitGuard, Store, StoreEntry, StoreOperation } from "../../store/store.ts";

export class Death extends Error {}

export class DyingStore implements Store {
  readonly #inner: Store;
  readonly #onCommit: (when: "before" | "after") => void;

  constructor(inner: Store, onCommit: (when: "before" | "after") => void) {
    this.#inner = inner;
    this.#onCommit = onCommit;
  }

  get(key: string): Promise<StoreEntry | undefined> {
    return this.#inner.get(key);
  }

  list(prefix: string): Promise<readonly StoreEntry[]> {
    return this.#inner.list(prefix);
  }

  keys(prefix: string): Promise<readonly string[]> {
    return this.#inner.keys(prefix);
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    this.#onCommit("before");
    const result = await this.#inner.commit(operations, guard);
    this.#onCommit("after");
    return result;
  }

  healthy(): Promise<boolean> {
    return this.#inner.healthy();
  }

  async close(): Promise<void> {}
}

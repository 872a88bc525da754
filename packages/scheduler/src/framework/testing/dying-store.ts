// A store whose scheduler dies at a chosen commit: before it (nothing is stored) or after it (stored, never learned of).
import { MemoryStore } from "../../store/memory-store.ts";
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

/** A store of a scheduler that dies at one commit, before it (even `moment`s) or after it (odd ones), and at each later one. */
export class DyingAt {
  /** What a scheduler after it has. */
  readonly inner = new MemoryStore();
  readonly store: Store;
  /** Which commit, from 1. */
  readonly commit: number;
  readonly #when: "before" | "after";
  #left = Number.POSITIVE_INFINITY;

  constructor(moment: number) {
    this.commit = Math.ceil(moment / 2);
    this.#when = moment % 2 === 0 ? "before" : "after";
    this.store = new DyingStore(this.inner, (now) => {
      if (now !== this.#when) return;
      this.#left -= 1;
      if (this.#left <= 0) throw new Death();
    });
  }

  /** From now on commits count. */
  arm(): void {
    this.#left = this.commit;
  }

  /** From now on nobody dies. Returns true when one has died. */
  disarm(): boolean {
    const died = this.#left <= 0;
    this.#left = Number.POSITIVE_INFINITY;
    return died;
  }

  get words(): string {
    return `${this.#when} commit ${this.commit}`;
  }
}

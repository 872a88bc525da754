// The `empty` store keeps everything in memory. A restart of the scheduler loses every cluster, so it is for trials only.
// Values are kept as JSON text, so that a caller cannot change what is stored through an object that it still has.
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  encodeOperations,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "./store.ts";

export class MemoryStore implements Store {
  readonly #entries = new Map<string, { readonly json: string; readonly revision: number }>();
  #revision = 0;
  #closed = false;

  async get(key: string): Promise<StoreEntry | undefined> {
    this.#checkOpen();
    checkKey(key);
    const entry = this.#entries.get(key);
    return entry && { key, value: JSON.parse(entry.json), revision: entry.revision };
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    this.#checkOpen();
    checkPrefix(prefix);
    const found = [...this.#entries].filter(([key]) => key.startsWith(prefix));
    found.sort(([one], [other]) => (one < other ? -1 : 1));
    return found.map(([key, { json, revision }]) => ({ key, value: JSON.parse(json), revision }));
  }

  async keys(prefix: string): Promise<readonly string[]> {
    this.#checkOpen();
    checkPrefix(prefix);
    return [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    this.#checkOpen();
    const changes = encodeOperations(operations);
    for (const { key, revision } of guard?.expect ?? []) {
      checkKey(key);
      const present = this.#entries.get(key)?.revision ?? 0;
      if (present !== revision) throw conflict(key, revision, present);
    }
    if (changes.length === 0) return { revision: this.#revision };
    this.#revision += 1;
    for (const { key, json } of changes) {
      if (json === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { json, revision: this.#revision });
    }
    return { revision: this.#revision };
  }

  async healthy(): Promise<boolean> {
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#entries.clear();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreError("store_closed", "the store is closed");
  }
}

/** The error of a commit whose guard does not hold. */
export function conflict(key: string, expected: number, present: number): StoreError {
  return new StoreError("conflict", `"${key}" has changed: expected revision ${expected}, it is ${present}`);
}

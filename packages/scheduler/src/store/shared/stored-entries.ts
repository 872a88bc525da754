// The keys and revisions that a term knows of its storage, and the changes to entries. Only the leader writes, so what is known
// stays true.
import type { StoreEntry } from "../store.ts";
import type { Backend, Change } from "./backend.ts";
import { type Entry, formatEntry, parseEntry } from "./entry-text.ts";
import type { TransactionWriter } from "./transaction-writer.ts";

const nameOf = (key: string) => `data/${key}`;

export class StoredEntries {
  readonly #backend: Backend;
  readonly #writer: TransactionWriter;
  /** Every stored key, with its revision once it was read or written. */
  readonly #known: Map<string, number | undefined>;

  /** `names`: all keys in the storage, entries and journal parts. */
  constructor(backend: Backend, writer: TransactionWriter, names: readonly string[]) {
    this.#backend = backend;
    this.#writer = writer;
    const prefix = nameOf("");
    const keys = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    this.#known = new Map(keys.map((key) => [key, undefined]));
  }

  get empty(): boolean {
    return this.#known.size === 0;
  }

  async read(key: string): Promise<StoreEntry | undefined> {
    const text = await this.#backend.read(nameOf(key));
    return text === undefined ? undefined : { key, ...parseEntry(key, text) };
  }

  /** Entries in the order of their keys. */
  async list(prefix: string): Promise<readonly StoreEntry[]> {
    return await this.#read(this.keys(prefix));
  }

  /** Sorted. */
  keys(prefix: string): readonly string[] {
    return [...this.#known.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** 0 for a key that is not stored. Call `learn` first, for it is 0 for a key of unknown revision too. */
  revisionOf(key: string): number {
    return this.#known.get(key) ?? 0;
  }

  /** Reads the revisions of these keys, as far as they are stored and not known yet. */
  async learn(keys: Iterable<string>): Promise<void> {
    const unknown = [...keys].filter((key) => this.#known.has(key) && this.#known.get(key) === undefined);
    for (const { key, revision } of await this.#read(unknown)) this.#known.set(key, revision);
  }

  /** Applies changes of entries in one transaction. */
  async apply(
    entries: readonly Entry[],
    next: { readonly revision: number; readonly journal?: number; readonly format?: number },
  ): Promise<void> {
    const changes = entries
      .map(({ key, json, revision }): Change => {
        const text = json === undefined ? undefined : formatEntry(revision, json);
        return { key: nameOf(key), text, exists: this.#known.has(key) };
      })
      .filter(({ text, exists }) => text !== undefined || exists);
    await this.#writer.advance(next, changes);
    for (const { key, json, revision } of entries) {
      if (json === undefined) this.#known.delete(key);
      else this.#known.set(key, revision);
    }
  }

  async #read(keys: readonly string[]): Promise<readonly StoreEntry[]> {
    const found = await this.#backend.readAll(keys.map(nameOf));
    return found.map(({ key: name, text }) => {
      const key = name.slice(nameOf("").length);
      return { key, ...parseEntry(key, text) };
    });
  }
}

// What a term knows of the entries in its storage, and how it changes them. Only the leader writes, so what is known stays
// true.
import type { StoreEntry } from "../store.ts";
import type { Backend, Change } from "./backend.ts";
import { type Entry, formatEntry, parseEntry } from "./entry-text.ts";
import type { StepChain } from "./step-chain.ts";

const nameOf = (key: string) => `data/${key}`;

export class StoredEntries {
  readonly #backend: Backend;
  readonly #chain: StepChain;
  /** Every stored key; its revision once that is known. */
  readonly #known: Map<string, number | undefined>;

  /** `names` are those of everything in the storage, whatever its section. */
  constructor(backend: Backend, chain: StepChain, names: readonly string[]) {
    this.#backend = backend;
    this.#chain = chain;
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

  /** In the order of their keys. */
  async list(prefix: string): Promise<readonly StoreEntry[]> {
    return await this.#read(this.keys(prefix));
  }

  /** Sorted. */
  keys(prefix: string): readonly string[] {
    return [...this.#known.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** 0 for a key that is not stored, and for one that was never learned. */
  revisionOf(key: string): number {
    return this.#known.get(key) ?? 0;
  }

  /** Reads the revisions of these keys, as far as they are stored and not known yet. */
  async learn(keys: Iterable<string>): Promise<void> {
    const unknown = [...keys].filter((key) => this.#known.has(key) && this.#known.get(key) === undefined);
    for (const { key, revision } of await this.#read(unknown)) this.#known.set(key, revision);
  }

  /** In one step, which also takes the head further. */
  async apply(
    entries: readonly Entry[],
    next: { readonly revision: number; readonly journal?: number },
  ): Promise<void> {
    const changes = entries
      .map(({ key, json, revision }): Change => {
        const text = json === undefined ? undefined : formatEntry(revision, json);
        return { key: nameOf(key), text, exists: this.#known.has(key) };
      })
      .filter(({ text, exists }) => text !== undefined || exists);
    await this.#chain.advance(next, changes);
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

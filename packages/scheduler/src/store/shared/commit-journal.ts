// The journal for commits that do not fit into one transaction: the commit is written in parts, one transaction decides it, then it is applied
// in pieces. A decided commit is always completed, by the next leader if need be. A commit that was not decided has no effect.
import { type Logger, messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend } from "./backend.ts";
import { type Entry, formatPart, parsePart, pieces } from "./entry-text.ts";
import type { StoredEntries } from "./stored-entries.ts";
import type { TransactionWriter } from "./transaction-writer.ts";

export interface CommitJournalOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly writer: TransactionWriter;
  readonly entries: StoredEntries;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
}

const section = "journal/";

export class CommitJournal {
  readonly #options: CommitJournalOptions;
  /** Keys of the journal parts that are in the storage. */
  readonly #parts: Set<string>;

  /** `names`: all keys in the storage, entries and journal parts. */
  constructor(options: CommitJournalOptions, names: readonly string[]) {
    this.#options = options;
    this.#parts = new Set(names.filter((name) => name.startsWith(section)));
  }

  /**
   * Writes entries of any number and size into the journal and decides the commit. `next` is the head after the decision, with the
   * format of the entries if it is another one. Returns the number of parts. When it throws, the error says whether the commit may
   * have been decided.
   */
  async decide(
    entries: readonly Entry[],
    next: { readonly revision: number; readonly format?: number },
  ): Promise<number> {
    const { backend, writer } = this.#options;
    const parts = pieces(entries, { changes: Number.POSITIVE_INFINITY, bytes: backend.limits.bytes });
    const before = writer.head.revision;
    for (const [index, part] of parts.entries()) {
      const key = `${section}${index}`;
      await writer.advance({ revision: before }, [{ key, text: formatPart(part), exists: this.#parts.has(key) }]);
      this.#parts.add(key);
    }
    await writer.advance({ ...next, journal: parts.length }, []);
    return parts.length;
  }

  /** Never rejects. No commit may follow while the journal is applied only in part, so a failure here ends the term. */
  async complete(entries: readonly Entry[], revision: number, parts: number): Promise<void> {
    try {
      await this.#apply(entries, revision, parts);
    } catch (error) {
      this.#options.lease.lose(
        `a large commit is stored but not carried out to its end (${messageOf(error)}): the next leader goes on with it`,
        error,
      );
    }
  }

  /** Completes the commit that an earlier term had decided, and removes the parts of one that it had not. */
  async recover(): Promise<void> {
    const { backend, writer, logger, where } = this.#options;
    const { journal, revision } = writer.head;
    if (journal === undefined) {
      if (this.#parts.size > 0) await this.#drop();
      return;
    }
    logger.info("completing a large commit that the leader before had begun", { where, parts: journal });
    const entries: Entry[] = [];
    for (let index = 0; index < journal; index += 1) {
      const key = `${section}${index}`;
      const text = await backend.read(key);
      if (text === undefined) {
        throw new StoreError("store_corrupt", `${where}: "${key}" is missing: restore the storage from a backup`);
      }
      entries.push(...parsePart(key, text));
    }
    await this.#apply(entries, revision, journal);
  }

  async #apply(entries: readonly Entry[], revision: number, parts: number): Promise<void> {
    for (const piece of pieces(entries, this.#options.backend.limits)) {
      await this.#options.entries.apply(piece, { revision, journal: parts });
    }
    await this.#drop();
  }

  /** Removes all parts, whether the commit was decided or not. */
  async #drop(): Promise<void> {
    const { backend, writer } = this.#options;
    const { revision } = writer.head;
    const keys = [...this.#parts];
    for (let start = 0; start < keys.length || start === 0; start += backend.limits.changes) {
      const some = keys.slice(start, start + backend.limits.changes);
      await writer.advance(
        { revision, journal: undefined },
        some.map((key) => ({ key, text: undefined, exists: true })),
      );
      for (const key of some) this.#parts.delete(key);
    }
  }
}

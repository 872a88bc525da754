// The journal of one term: a commit that does not fit into one step is written in parts, decided by one step, then applied in
// pieces. What is decided is completed, by the next leader if need be; what is not has never happened.
import { type Logger, messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend } from "./backend.ts";
import { type Entry, formatPart, parsePart, pieces } from "./entry-text.ts";
import type { StepChain } from "./step-chain.ts";
import type { StoredEntries } from "./stored-entries.ts";

export interface CommitJournalOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly chain: StepChain;
  readonly entries: StoredEntries;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
}

const section = "journal/";

export class CommitJournal {
  readonly #options: CommitJournalOptions;
  /** Parts that are in the storage. */
  readonly #parts: Set<string>;

  /** `names` are those of everything in the storage, whatever its section. */
  constructor(options: CommitJournalOptions, names: readonly string[]) {
    this.#options = options;
    this.#parts = new Set(names.filter((name) => name.startsWith(section)));
  }

  /**
   * Writes entries of any number and size into the journal and decides it; the number of its parts. When it throws, the commit
   * has not happened as far as is known.
   */
  async decide(entries: readonly Entry[], revision: number): Promise<number> {
    const { backend, chain } = this.#options;
    const parts = pieces(entries, { changes: Number.POSITIVE_INFINITY, bytes: backend.limits.bytes });
    const before = chain.head.revision;
    for (const [index, part] of parts.entries()) {
      const key = `${section}${index}`;
      await chain.advance({ revision: before }, [{ key, text: formatPart(part), exists: this.#parts.has(key) }]);
      this.#parts.add(key);
    }
    await chain.advance({ revision, journal: parts.length }, []);
    return parts.length;
  }

  /** Never rejects. Nothing may be committed over a journal that is applied in part, so what fails here ends the term. */
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

  /** Completes what the term before had decided, and drops what it had not. */
  async recover(): Promise<void> {
    const { backend, chain, logger, where } = this.#options;
    const { journal, revision } = chain.head;
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

  /** Forgets the journal, decided or not. */
  async #drop(): Promise<void> {
    const { backend, chain } = this.#options;
    const { revision } = chain.head;
    const keys = [...this.#parts];
    for (let start = 0; start < keys.length || start === 0; start += backend.limits.changes) {
      const some = keys.slice(start, start + backend.limits.changes);
      await chain.advance(
        { revision, journal: undefined },
        some.map((key) => ({ key, text: undefined, exists: true })),
      );
      for (const key of some) this.#parts.delete(key);
    }
  }
}

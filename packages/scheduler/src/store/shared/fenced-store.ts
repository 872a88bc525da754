// The store of one term of a shared storage. Commits wait in a queue; as many as fit go into one step, in their order.
// What does not fit into one step goes through a journal: written in parts, decided by one step, then applied in pieces;
// a leader that finds a decided journal applies it before anything else.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  encodeOperations,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "../store.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend, Change } from "./backend.ts";
import { type Batch, takeBatch, type WaitingCommit } from "./commit-batch.ts";
import { type Entry, formatEntry, formatPart, parseEntry, parsePart, pieces } from "./entry-text.ts";
import { type Migration, migrations } from "./head.ts";
import { StepChain } from "./step-chain.ts";

export interface FencedStoreOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly where: string;
  /** Milliseconds after which a commit that could not be sent is refused. */
  readonly patienceMs: number;
  /** Default: those of this program. */
  readonly migrations?: readonly Migration[];
}

interface QueuedCommit extends WaitingCommit {
  readonly resolve: (result: { readonly revision: number }) => void;
  readonly reject: (reason: unknown) => void;
  readonly cancel: () => void;
}

export class FencedStore implements Store {
  readonly #options: FencedStoreOptions;
  readonly #chain: StepChain;
  /** Every stored key (with its section); the revision once it is known. Only the leader writes, so it stays true. */
  readonly #known: Map<string, number | undefined>;
  #queue: QueuedCommit[] = [];
  /** The work that goes on, reads of many keys among it; undefined when there is none. */
  #busy: Promise<void> = Promise.resolve();
  #pumping = false;
  #closed = false;

  private constructor(options: FencedStoreOptions, chain: StepChain, keys: readonly string[]) {
    this.#options = options;
    this.#chain = chain;
    this.#known = new Map(keys.map((key) => [key, undefined]));
    options.lease.lost.addEventListener("abort", () => this.#refuseWaiting(options.lease.lost.reason), { once: true });
  }

  /** Opens the store for a term and completes what the term before left half done. */
  static async open(options: FencedStoreOptions): Promise<FencedStore> {
    const chain = await StepChain.open(options);
    const keys = await options.backend.keys();
    if (chain.head.revision === 0 && keys.some((key) => key.startsWith("data/"))) {
      throw new StoreError(
        "store_corrupt",
        `${options.where} has entries but no head: restore the storage from a backup, or choose another place for an empty one`,
      );
    }
    const store = new FencedStore(options, chain, keys);
    await store.#recover();
    await store.#migrate();
    return store;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    this.#checkOpen();
    return this.#exclusive(async () => {
      const text = await this.#options.backend.read(`data/${key}`);
      return text === undefined ? undefined : { key, ...parseEntry(key, text) };
    });
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    this.#checkOpen();
    return this.#exclusive(async () => {
      const keys = [...this.#known.keys()].filter((key) => key.startsWith(`data/${prefix}`)).sort();
      const found = await this.#options.backend.readAll(keys);
      return found.map(({ key, text }) => {
        const name = key.slice("data/".length);
        return { key: name, ...parseEntry(name, text) };
      });
    });
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    const changes = encodeOperations(operations);
    for (const { key } of guard?.expect ?? []) checkKey(key);
    this.#checkOpen();
    this.#options.lease.check();
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly revision: number }>();
    const { clock, patienceMs, where } = this.#options;
    const commit: QueuedCommit = {
      changes,
      guard,
      resolve,
      reject,
      cancel: clock.after(patienceMs, () => {
        this.#queue = this.#queue.filter((other) => other !== commit);
        reject(new StoreError("store_unavailable", `${where} does not answer; nothing was stored, try again`));
      }),
    };
    this.#queue.push(commit);
    this.#pump();
    return promise;
  }

  async healthy(): Promise<boolean> {
    if (this.#closed || !this.#options.lease.holds()) return false;
    return this.#options.backend.head().then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#refuseWaiting(new StoreError("store_closed", "the store is closed"));
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreError("store_closed", "the store is closed");
  }

  #refuseWaiting(reason: unknown): void {
    for (const { cancel, reject } of this.#queue.splice(0)) {
      cancel();
      reject(reason);
    }
  }

  /** Runs between two steps. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(work);
    this.#busy = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // Commits that are made in one go are to go together.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#exclusive(() => this.#step());
    this.#pumping = false;
  }

  async #step(): Promise<void> {
    let batch: Batch<QueuedCommit>;
    try {
      await this.#learnGuarded();
      batch = takeBatch(
        this.#queue,
        this.#chain.head.revision,
        (key) => this.#revisionOf(key),
        this.#options.backend.limits,
      );
    } catch (error) {
      this.#refuseWaiting(error);
      return;
    }
    this.#queue.splice(0, batch.taken.length);
    for (const { commit } of batch.taken) commit.cancel();
    let parts = 0;
    try {
      if (batch.big) parts = await this.#decideJournal(batch.entries, batch.revision);
      else if (batch.entries.length > 0) await this.#apply(batch.entries, { revision: batch.revision });
    } catch (error) {
      for (const { commit } of batch.taken) commit.reject(error);
      return;
    }
    // A decided journal has happened, whatever comes now: nobody may be told otherwise.
    for (const { commit, outcome } of batch.taken) {
      if (outcome instanceof StoreError) commit.reject(outcome);
      else commit.resolve(outcome);
    }
    if (parts > 0) await this.#completeJournal(batch.entries, batch.revision, parts);
  }

  /** Reads the revisions that guards of waiting commits need and that are not known yet. */
  async #learnGuarded(): Promise<void> {
    const keys = new Set(this.#queue.flatMap(({ guard }) => guard?.expect.map(({ key }) => `data/${key}`) ?? []));
    const unknown = [...keys].filter((key) => this.#known.has(key) && this.#known.get(key) === undefined);
    for (const { key, text } of await this.#options.backend.readAll(unknown)) {
      this.#known.set(key, parseEntry(key, text).revision);
    }
  }

  #revisionOf(key: string): number {
    return this.#known.get(`data/${key}`) ?? 0;
  }

  async #apply(
    entries: readonly Entry[],
    next: { readonly revision: number; readonly journal?: number },
  ): Promise<void> {
    const changes = entries
      .map(({ key, json, revision }): Change => {
        const name = `data/${key}`;
        const text = json === undefined ? undefined : formatEntry(revision, json);
        return { key: name, text, exists: this.#known.has(name) };
      })
      .filter(({ text, exists }) => text !== undefined || exists);
    await this.#chain.advance(next, changes);
    for (const { key, json, revision } of entries) {
      if (json === undefined) this.#known.delete(`data/${key}`);
      else this.#known.set(`data/${key}`, revision);
    }
  }

  /** Writes the journal and decides it; the number of its parts. When it throws, the commit has not happened as far as is known. */
  async #decideJournal(entries: readonly Entry[], revision: number): Promise<number> {
    const { limits } = this.#options.backend;
    const parts = pieces(entries, { changes: Number.POSITIVE_INFINITY, bytes: limits.bytes });
    const before = this.#chain.head.revision;
    for (const [index, part] of parts.entries()) {
      const key = `journal/${index}`;
      await this.#chain.advance({ revision: before }, [{ key, text: formatPart(part), exists: this.#known.has(key) }]);
      this.#known.set(key, undefined);
    }
    await this.#chain.advance({ revision, journal: parts.length }, []);
    return parts.length;
  }

  /** Never rejects. Nothing may be committed over a journal that is applied in part, so what fails here ends the term. */
  async #completeJournal(entries: readonly Entry[], revision: number, parts: number): Promise<void> {
    try {
      await this.#applyJournal(entries, revision, parts);
    } catch (error) {
      this.#options.lease.lose(
        `a large commit is stored but not carried out to its end (${messageOf(error)}): the next leader goes on with it`,
        error,
      );
    }
  }

  async #applyJournal(entries: readonly Entry[], revision: number, parts: number): Promise<void> {
    for (const piece of pieces(entries, this.#options.backend.limits)) {
      await this.#apply(piece, { revision, journal: parts });
    }
    await this.#dropJournal();
  }

  /** Forgets the journal, decided or not. */
  async #dropJournal(): Promise<void> {
    const { revision } = this.#chain.head;
    const keys = [...this.#known.keys()].filter((key) => key.startsWith("journal/"));
    const { limits } = this.#options.backend;
    for (let start = 0; start < keys.length || start === 0; start += limits.changes) {
      const some = keys.slice(start, start + limits.changes);
      await this.#chain.advance(
        { revision, journal: undefined },
        some.map((key) => ({ key, text: undefined, exists: true })),
      );
      for (const key of some) this.#known.delete(key);
    }
  }

  /** Brings the store to this program's format; an interrupted migration is run again. */
  async #migrate(): Promise<void> {
    const { logger, where, migrations: table = migrations } = this.#options;
    for (let { format } = this.#chain.head; format <= table.length; format += 1) {
      const migrate = table[format - 1];
      if (migrate === undefined) return;
      logger.warning("bringing the store to a newer format; older versions cannot read it any more", { where, format });
      const entries = new Map((await this.list("")).map(({ key, value }) => [key, value]));
      await this.commit(migrate(entries));
      // After the commit's journal, if it had one.
      await this.#exclusive(() => this.#chain.advance({ revision: this.#chain.head.revision, format: format + 1 }, []));
    }
  }

  async #recover(): Promise<void> {
    const { backend, logger, where } = this.#options;
    const { journal, revision } = this.#chain.head;
    const keys = [...this.#known.keys()].filter((key) => key.startsWith("journal/"));
    if (journal === undefined) {
      if (keys.length > 0) await this.#dropJournal();
      return;
    }
    logger.info("completing a large commit that the leader before had begun", { where, parts: journal });
    const entries: Entry[] = [];
    for (let index = 0; index < journal; index += 1) {
      const key = `journal/${index}`;
      const text = await backend.read(key);
      if (text === undefined) {
        throw new StoreError("store_corrupt", `${where}: "${key}" is missing: restore the storage from a backup`);
      }
      entries.push(...parsePart(key, text));
    }
    await this.#applyJournal(entries, revision, journal);
  }
}

// The store of one term in a shared storage. Commits wait in a queue; as many as fit go into one transaction, in their order.
// A commit that does not fit into one transaction goes through the journal. A commit is acknowledged only after the storage has it, and
// never after the term is lost.
import { type Clock, type Logger, messageOf, TimeSlice } from "@cke/foundation";
import { type Migration, migrations } from "../migrations/migrations.ts";
import {
  type CommitGuard,
  checkKey,
  checkPrefix,
  encodeOperations,
  isStoreAway,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "../store.ts";
import { maxMigratedBytes } from "../store-limits.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend } from "./backend.ts";
import { type Batch, takeBatch, type WaitingCommit } from "./commit-batch.ts";
import { CommitJournal } from "./commit-journal.ts";
import { StoredEntries } from "./stored-entries.ts";
import { TransactionWriter } from "./transaction-writer.ts";

export interface FencedStoreOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly where: string;
  /** Milliseconds after which a commit that could not be sent is refused. */
  readonly patienceMs: number;
  /** For tests; by default the migrations of this program. */
  readonly migrations?: readonly Migration[];
}

interface QueuedCommit extends WaitingCommit {
  readonly resolve: (result: { readonly revision: number }) => void;
  readonly reject: (reason: unknown) => void;
  readonly cancel: () => void;
}

export class FencedStore implements Store {
  readonly #options: FencedStoreOptions;
  readonly #writer: TransactionWriter;
  readonly #entries: StoredEntries;
  readonly #journal: CommitJournal;
  #queue: QueuedCommit[] = [];
  /** Resolves when the present read or transaction has ended. The next one begins after it. */
  #busy: Promise<void> = Promise.resolve();
  #pumping = false;
  #closed = false;

  private constructor(options: FencedStoreOptions, writer: TransactionWriter, names: readonly string[]) {
    const { backend, lease, logger, where } = options;
    this.#options = options;
    this.#writer = writer;
    this.#entries = new StoredEntries(backend, writer, names);
    this.#journal = new CommitJournal({ backend, lease, writer, entries: this.#entries, logger, where }, names);
    options.lease.lost.addEventListener("abort", () => this.#refuseWaiting(options.lease.lost.reason), { once: true });
  }

  /** Opens the store for a term: completes a commit of an earlier term that is applied in part, and migrates the store. */
  static async open(options: FencedStoreOptions): Promise<FencedStore> {
    const writer = await TransactionWriter.open(options);
    const store = new FencedStore(options, writer, await options.backend.keys());
    if (writer.head.revision === 0 && !store.#entries.empty) {
      throw new StoreError(
        "store_corrupt",
        `${options.where} has entries but no head: restore the storage from a backup, or choose another place for an empty one`,
      );
    }
    await store.#journal.recover();
    await store.#migrate();
    return store;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    checkKey(key);
    this.#checkOpen();
    return this.#exclusive(() => this.#entries.read(key));
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    checkPrefix(prefix);
    this.#checkOpen();
    return this.#exclusive(() => this.#entries.list(prefix));
  }

  async keys(prefix: string): Promise<readonly string[]> {
    checkPrefix(prefix);
    this.#checkOpen();
    return this.#exclusive(async () => this.#entries.keys(prefix));
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

  /** Runs `work` while no transaction and no other read is under way. */
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
    // Commits that are made in the same turn of the event loop go into one transaction.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#exclusive(() => this.#sendNext());
    this.#pumping = false;
  }

  async #sendNext(): Promise<void> {
    let batch: Batch<QueuedCommit>;
    try {
      await this.#learnGuarded();
      batch = takeBatch(
        this.#queue,
        this.#writer.head.revision,
        (key) => this.#entries.revisionOf(key),
        this.#options.backend.limits,
      );
    } catch (error) {
      // Only a read has failed. The callers are told that nothing was stored.
      const words = `${messageOf(error)}; nothing was stored`;
      this.#refuseWaiting(isStoreAway(error) ? new StoreError("store_unavailable", words, { cause: error }) : error);
      return;
    }
    this.#queue.splice(0, batch.taken.length);
    for (const { commit } of batch.taken) commit.cancel();
    let parts = 0;
    try {
      if (batch.big) parts = await this.#journal.decide(batch.entries, { revision: batch.revision });
      else if (batch.entries.length > 0) await this.#entries.apply(batch.entries, { revision: batch.revision });
    } catch (error) {
      for (const { commit } of batch.taken) commit.reject(error);
      return;
    }
    // A decided commit will be completed, so its caller gets success before the pieces are applied.
    for (const { commit, outcome } of batch.taken) {
      if (outcome instanceof StoreError) commit.reject(outcome);
      else commit.resolve(outcome);
    }
    if (parts > 0) await this.#journal.complete(batch.entries, batch.revision, parts);
  }

  /** Reads the revisions that the guards of waiting commits name. */
  async #learnGuarded(): Promise<void> {
    await this.#entries.learn(new Set(this.#queue.flatMap(({ guard }) => guard?.expect.map(({ key }) => key) ?? [])));
  }

  /**
   * Brings the store to this program's format. The transaction that decides the migrated entries also writes the number of their format,
   * because a scheduler of an older version may lead next: it must never read entries that it does not know.
   */
  async #migrate(): Promise<void> {
    const { clock, logger, where, lease, backend, migrations: table = migrations } = this.#options;
    const pace = new TimeSlice(clock);
    for (let { format } = this.#writer.head; format <= table.length; format += 1) {
      const migrate = table[format - 1];
      if (migrate === undefined) return;
      logger.warning("bringing the store to a newer format; older versions cannot read it any more", { where, format });
      const before = new Map((await this.list("")).map(({ key, value }) => [key, value]));
      // Each of these takes seconds for thousands of units. Between them the leadership is renewed.
      await pace.pause();
      const operations = migrate(before);
      await pace.pause();
      const commit: WaitingCommit = { changes: encodeOperations(operations, maxMigratedBytes), guard: undefined };
      await pace.pause();
      const { entries, revision, big } = takeBatch([commit], this.#writer.head.revision, () => 0, backend.limits);
      const next = { revision, format: format + 1 };
      await this.#exclusive(async () => {
        if (big) await this.#journal.complete(entries, revision, await this.#journal.decide(entries, next));
        else await this.#entries.apply(entries, next);
      });
      // When the journal could not be applied, the term has ended, and the next one goes on with it.
      lease.check();
    }
  }
}

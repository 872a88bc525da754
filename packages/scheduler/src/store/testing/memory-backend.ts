// A backend in memory for tests of FencedStore. Its faults: an answer is lost, a transaction is lost or arrives late, the
// process dies between two transactions.
import type { Backend, BackendLimits, Transaction, TransactionOutcome } from "../shared/backend.ts";
import { StoreError } from "../store.ts";

/**
 * The fault of one transaction. `late`: there is no answer, and the transaction is carried out right before the next one arrives.
 * `refused`: the storage refuses the transaction (it is full, for example).
 */
export type Fault = "none" | "lost call" | "lost answer" | "late" | "refused" | "death before" | "death after";

/** So small that a commit of a few keys needs the journal. */
const smallLimits: BackendLimits = { changes: 4, bytes: 2_000 };

/** The server of the storage. */
export class MemoryServer {
  readonly limits: BackendLimits;
  readonly texts = new Map<string, string>();
  head: string | undefined;
  /** The number of the term whose transactions are applied. */
  leader = 0;
  late: (() => void)[] = [];

  constructor(limits = smallLimits) {
    this.limits = limits;
  }
}

export class MemoryBackend implements Backend {
  readonly limits: BackendLimits;
  readonly #server: MemoryServer;
  readonly #term: number;
  readonly #fault: () => Fault;
  #dead = false;

  constructor(server: MemoryServer, fault: () => Fault) {
    this.limits = server.limits;
    this.#server = server;
    server.leader += 1;
    this.#term = server.leader;
    this.#fault = fault;
  }

  async head(): Promise<string | undefined> {
    return this.#server.head;
  }

  async keys(): Promise<readonly string[]> {
    return [...this.#server.texts.keys()];
  }

  async read(key: string): Promise<string | undefined> {
    return this.#server.texts.get(key);
  }

  async readAll(keys: readonly string[]) {
    return keys.flatMap((key) => {
      const text = this.#server.texts.get(key);
      return text === undefined ? [] : [{ key, text }];
    });
  }

  async apply(transaction: Transaction): Promise<TransactionOutcome> {
    for (const late of this.#server.late.splice(0)) late();
    const fault = this.#dead ? "death before" : this.#fault();
    const away = new StoreError("store_unavailable", "no answer");
    switch (fault) {
      case "none":
        return this.#carryOut(transaction);
      case "lost call":
        throw away;
      case "lost answer":
        this.#carryOut(transaction);
        throw away;
      case "late":
        this.#server.late.push(() => void this.#carryOut(transaction));
        throw away;
      case "refused":
        throw new StoreError("store_refused", "full");
      case "death after":
        this.#carryOut(transaction);
    }
    this.#dead = true;
    throw new Error("the process has died");
  }

  #carryOut({ head, next, changes }: Transaction): TransactionOutcome {
    const server = this.#server;
    if (server.leader !== this.#term) return { kind: "fenced", head: server.head };
    if (server.head !== head) return { kind: "moved", head: server.head };
    if (changes.length > this.limits.changes) throw new Error("too many changes for one transaction");
    for (const { key, text, exists } of changes) {
      if (server.texts.has(key) !== exists) throw new Error(`${key}: exists is wrong`);
      if (text === undefined) server.texts.delete(key);
      else server.texts.set(key, text);
    }
    server.head = next;
    return { kind: "applied" };
  }
}

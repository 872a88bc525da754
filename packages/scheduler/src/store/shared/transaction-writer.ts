// Applies transactions to the storage one after the other, each exactly once. When the answer to a transaction is lost, the transaction is sent
// again, and the head shows whether the first sending was applied. The writer reports an outcome only when it knows it, or when
// the term has ended.
import { randomUUID } from "node:crypto";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend, Change, Transaction, TransactionOutcome } from "./backend.ts";
import { formatHead, type Head, parseHead } from "./head.ts";

export interface TransactionWriterOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
}

const retryMs = 100;

export class TransactionWriter {
  readonly #options: TransactionWriterOptions;
  readonly #term = randomUUID();
  #transactions = 0;
  #head: Head;
  #text: string | undefined;
  #inherited: string | undefined;

  private constructor(options: TransactionWriterOptions, text: string | undefined) {
    this.#options = options;
    this.#text = text;
    this.#head = parseHead(options.where, text);
    this.#inherited = text === undefined ? undefined : this.#head.id;
  }

  /** Reads the head and replaces it by one of this term, so that no transaction of a former term can be applied after it. */
  static async open(options: TransactionWriterOptions): Promise<TransactionWriter> {
    const writer = new TransactionWriter(options, await options.backend.head());
    const { revision, journal } = writer.#head;
    await writer.advance({ revision, journal }, []);
    return writer;
  }

  get head(): Head {
    return this.#head;
  }

  /**
   * Applies one transaction. Rejects with `not_leader` when the term has ended; its text says whether it is known that the transaction was
   * not applied. With any other error the transaction was not applied.
   */
  async advance(
    next: { readonly revision: number; readonly journal?: number | undefined; readonly format?: number },
    changes: readonly Change[],
  ): Promise<void> {
    const { lease } = this.#options;
    this.#transactions += 1;
    const head: Head = {
      ...this.#head,
      ...next,
      id: `${this.#term}.${this.#transactions}`,
      inherited: this.#inherited,
    };
    const text = formatHead(head);
    lease.check();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#send({ head: this.#text, next: text, changes }, attempt);
      if (outcome === undefined) continue;
      if (outcome.kind !== "applied" && outcome.head !== text) return this.#refused(outcome, head, attempt);
      this.#head = head;
      this.#text = text;
      if (outcome.kind === "fenced") lease.lose("another scheduler has taken the leadership over");
      return;
    }
  }

  /** Sends a transaction; undefined when it is to be sent again. */
  async #send(transaction: Transaction, attempt: number): Promise<TransactionOutcome | undefined> {
    const { backend, lease, clock, logger } = this.#options;
    const holds = lease.holds();
    try {
      return await backend.apply(transaction);
    } catch (error) {
      // A refusal of the first sending means that the transaction was not applied. After a sending without an answer it may have been.
      if (attempt === 1 && error instanceof StoreError && error.code !== "store_unavailable") throw error;
      if (!holds) throw unknownOutcome(lease, error);
      if (attempt === 1) logger.warning("the storage does not answer; trying again", { reason: messageOf(error) });
      await clock.sleep(retryMs);
      return undefined;
    }
  }

  #refused(
    outcome: { readonly kind: "fenced" | "moved"; readonly head: string | undefined },
    head: Head,
    attempt: number,
  ) {
    const { lease, where, logger } = this.#options;
    const present = readHead(where, outcome.head);
    lease.lose(
      outcome.kind === "fenced"
        ? "another scheduler has taken the leadership over"
        : "the storage was changed by somebody else than its leader",
    );
    if (present?.inherited === head.id) return; // the next leader found this transaction applied
    if (outcome.kind === "moved") logger.error("the storage was changed by somebody else than its leader", { where });
    // Unknown when the head is of a later leader than the next one (it no longer names this term's last transaction), or cannot be read.
    if (attempt > 1 && present?.inherited !== this.#head.id) throw unknownOutcome(lease);
    lease.check();
  }
}

function readHead(where: string, text: string | undefined): Head | undefined {
  try {
    return parseHead(where, text);
  } catch {
    return undefined; // for example the head of a newer version
  }
}

function unknownOutcome(lease: TermLease, cause?: unknown): StoreError {
  return new StoreError(
    "not_leader",
    `${messageOf(lease.lost.reason)}; whether the last change was stored is not known: look before trying again`,
    { cause },
  );
}

// Applies steps one after the other, each exactly once: a step whose answer got lost is sent again, and the head tells
// whether the first sending was applied. An outcome is reported only when it is known, or when the term has ended.
import { randomUUID } from "node:crypto";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { StoreError } from "../store.ts";
import type { TermLease } from "../term-lease.ts";
import type { Backend, Change, Step, StepOutcome } from "./backend.ts";
import { formatHead, type Head, parseHead } from "./head.ts";

export interface StepChainOptions {
  readonly backend: Backend;
  readonly lease: TermLease;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the storage in errors. */
  readonly where: string;
}

const retryMs = 100;

export class StepChain {
  readonly #options: StepChainOptions;
  readonly #term = randomUUID();
  #steps = 0;
  #head: Head;
  #text: string | undefined;
  #inherited: string | undefined;

  private constructor(options: StepChainOptions, text: string | undefined) {
    this.#options = options;
    this.#text = text;
    this.#head = parseHead(options.where, text);
    this.#inherited = text === undefined ? undefined : this.#head.id;
  }

  /** Reads the head and makes it this term's own, so that a step of a former term can never follow. */
  static async open(options: StepChainOptions): Promise<StepChain> {
    const chain = new StepChain(options, await options.backend.head());
    const { revision, journal } = chain.#head;
    await chain.advance({ revision, journal }, []);
    return chain;
  }

  get head(): Head {
    return this.#head;
  }

  /**
   * Applies one step. Rejects with `not_leader` when the term has ended; its words say whether the step was applied as
   * far as that is known. With any other error the step was not applied.
   */
  async advance(
    next: { readonly revision: number; readonly journal?: number | undefined; readonly format?: number },
    changes: readonly Change[],
  ): Promise<void> {
    const { lease } = this.#options;
    this.#steps += 1;
    const head: Head = { ...this.#head, ...next, id: `${this.#term}.${this.#steps}`, inherited: this.#inherited };
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

  /** Sends a step; undefined when it is to be sent again. */
  async #send(step: Step, attempt: number): Promise<StepOutcome | undefined> {
    const { backend, lease, clock, logger } = this.#options;
    const holds = lease.holds();
    try {
      return await backend.apply(step);
    } catch (error) {
      // A refusal of the first sending is certain; after a sending without an answer nothing is.
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
    if (present?.inherited === head.id) return; // the next leader found it applied
    if (outcome.kind === "moved") logger.error("the storage was changed by somebody else than its leader", { where });
    // A later leader than the next one no longer knows what this term's last step was, and a newer one is not understood.
    if (attempt > 1 && present?.inherited !== this.#head.id) throw unknownOutcome(lease);
    lease.check();
  }
}

function readHead(where: string, text: string | undefined): Head | undefined {
  try {
    return parseHead(where, text);
  } catch {
    return undefined; // of a newer scheduler, for example
  }
}

function unknownOutcome(lease: TermLease, cause?: unknown): StoreError {
  return new StoreError(
    "not_leader",
    `${messageOf(lease.lost.reason)}; whether the last change was stored is not known: look before trying again`,
    { cause },
  );
}

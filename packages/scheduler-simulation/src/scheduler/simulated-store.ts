// The store of a simulated run: one memory, to which every scheduler has its own access. An access can be slow, fail,
// leave the outcome unknown, be fenced off by a later leader, or end because its scheduler dies at a chosen commit.
import { deepStrictEqual } from "node:assert/strict";
import type { Clock } from "@cke/foundation";
import { commitInParts } from "@cke/scheduler/store/commit-in-parts";
import type { Term } from "@cke/scheduler/store/election";
import { MemoryStore } from "@cke/scheduler/store/memory-store";
import {
  type CommitGuard,
  type Store,
  type StoreEntry,
  StoreError,
  type StoreOperation,
} from "@cke/scheduler/store/store";

/**
 * The fault of one access. `unsure`: a commit is applied, its caller does not learn it, and its term ends. A real store
 * too reports an outcome only when it is known or the term is over.
 */
export type StoreFate =
  | { readonly kind: "fine"; readonly delayMs: number }
  | { readonly kind: "away"; readonly delayMs: number }
  | { readonly kind: "unsure"; readonly delayMs: number };

export interface WorldStoreOptions {
  readonly clock: Clock;
  readonly fate: (commit: boolean) => StoreFate;
  /** Called after every applied commit. */
  readonly onApplied: (operations: readonly StoreOperation[]) => void;
  /** Called after `restore`. */
  readonly onRestored: () => void;
}

/** Called around a commit: `before` and `after` it is applied. It never resolves for a scheduler that died there. */
export type CommitHook = (when: "before" | "after") => Promise<void>;

export class SimulatedStore {
  readonly memory = new MemoryStore();
  /** The stored values by key, for checks. */
  readonly values = new Map<string, unknown>();
  readonly #options: WorldStoreOptions;
  #term = 0;
  #lost: AbortController | undefined;

  constructor(options: WorldStoreOptions) {
    this.#options = options;
  }

  /**
   * Begins a new term. Every earlier term is fenced off and holds no more. With `noticed` the `lost` signal of the last
   * term aborts. Without it, its owner (which may have stood still) finds out when it asks.
   */
  lead(crashPoint: CommitHook, noticed: boolean): Term {
    const number = ++this.#term;
    if (noticed) this.#lost?.abort(new StoreError("not_leader", "another scheduler leads now"));
    const lost = new AbortController();
    this.#lost = lost;
    const holds = () => number === this.#term;
    return {
      store: new TermStore(this, crashPoint, holds),
      holds,
      lost: lost.signal,
      confirm: async () => {},
      resign: async () => {},
    };
  }

  /** Ends the present term, and its owner learns it. */
  depose(): void {
    this.#term += 1;
    this.#lost?.abort(new StoreError("not_leader", "the term has ended"));
  }

  /** A copy of everything that is stored. */
  backup(): ReadonlyMap<string, unknown> {
    return structuredClone(this.values);
  }

  /** Stores everything as it was at a backup. No scheduler may lead meanwhile. */
  async restore(backup: ReadonlyMap<string, unknown>): Promise<void> {
    this.depose();
    const gone = [...this.values.keys()].filter((key) => !backup.has(key));
    const operations: StoreOperation[] = [
      ...gone.map((key) => ({ op: "delete" as const, key })),
      ...[...backup].map(([key, value]) => ({ op: "put" as const, key, value })),
    ];
    await commitInParts(this.memory, operations);
    this.values.clear();
    for (const [key, value] of structuredClone(backup)) this.values.set(key, value);
    this.#options.onRestored();
  }

  async visit(commit: boolean): Promise<StoreFate> {
    const fate = this.#options.fate(commit);
    if (fate.delayMs > 0) await this.#options.clock.sleep(fate.delayMs);
    if (fate.kind === "away") throw new StoreError("store_unavailable", "the simulated store is away");
    return fate;
  }

  async apply(operations: readonly StoreOperation[], guard: CommitGuard | undefined): Promise<{ revision: number }> {
    for (const operation of operations) if (operation.op === "put") checkText(operation);
    const result = await this.memory.commit(operations, guard);
    for (const operation of operations) {
      if (operation.op === "put") this.values.set(operation.key, operation.value);
      else this.values.delete(operation.key);
    }
    this.#options.onApplied(operations);
    return result;
  }
}

/** Whoever gives the text of a value gives that of its present state. */
function checkText({ key, value, json }: StoreOperation & { readonly op: "put" }): void {
  if (json !== undefined) deepStrictEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)), `the text of ${key}`);
}

class TermStore implements Store {
  readonly #world: SimulatedStore;
  readonly #crashPoint: CommitHook;
  readonly #leads: () => boolean;

  constructor(world: SimulatedStore, crashPoint: CommitHook, leads: () => boolean) {
    this.#world = world;
    this.#crashPoint = crashPoint;
    this.#leads = leads;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    await this.#world.visit(false);
    return await this.#world.memory.get(key);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    await this.#world.visit(false);
    return await this.#world.memory.list(prefix);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    await this.#world.visit(false);
    return await this.#world.memory.keys(prefix);
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    await this.#crashPoint("before");
    const fate = await this.#world.visit(true);
    if (!this.#leads()) throw new StoreError("not_leader", "another scheduler leads now");
    const result = await this.#world.apply(operations, guard);
    await this.#crashPoint("after");
    if (fate.kind === "unsure") {
      this.#world.depose();
      throw new StoreError("not_leader", "the term has ended, and whether the commit was applied is not known");
    }
    return result;
  }

  async healthy(): Promise<boolean> {
    return this.#leads();
  }

  async close(): Promise<void> {}
}

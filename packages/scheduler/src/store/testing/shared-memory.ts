// A storage in memory that several schedulers of one test share: elections and fencing as in etcd. A test can take the
// leadership away, stop renewals and make the storage fail. `new SharedMemory()` is the storage's server; `open()`
// gives one scheduler access to it.
import { type Clock, systemClock } from "@cke/foundation";
import type { Election, SchedulerAddress, Storage, Term } from "../election.ts";
import { MemoryStore } from "../memory-store.ts";
import { type CommitGuard, type Store, type StoreEntry, StoreError, type StoreOperation } from "../store.ts";
import { TermLease } from "../term-lease.ts";

export interface SharedMemoryOptions {
  readonly clock?: Clock;
  /** Lease of a leadership; default 10 s. */
  readonly ttlMs?: number;
}

interface Leadership {
  readonly address: SchedulerAddress;
  readonly lease: TermLease;
  /** Monotonic time at which the storage removes the leader if it is not renewed. */
  expiresAt: number;
}

export class SharedMemory {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly store = new MemoryStore();
  #leadership: Leadership | undefined;
  #outage = false;
  #frozen = new Set<string>();
  #waiting: (() => void)[] = [];
  #commits = 0;

  constructor(options: SharedMemoryOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.ttlMs = options.ttlMs ?? 10_000;
  }

  /** Number of applied commits. */
  get commits(): number {
    return this.#commits;
  }

  /** The leader in the storage. */
  get leader(): SchedulerAddress | undefined {
    return this.#leadership?.address;
  }

  /** One scheduler's access. */
  open(): Storage {
    const election = new SharedElection(this);
    return {
      election,
      durable: true,
      shared: true,
      healthy: async () => !this.#outage,
      close: () => election.close(),
    };
  }

  /** While true, every call fails with `store_unavailable`, and leases run out. */
  setOutage(outage: boolean): void {
    this.#outage = outage;
    if (!outage) this.#wake();
  }

  /**
   * Takes the leadership away. With `notice` the leader's term is lost at once. Without it, the leader still believes
   * that it leads (as after SIGSTOP or behind a partition) until its lease runs out or a commit fails.
   */
  depose(options: { readonly notice: boolean }): void {
    const leadership = this.#leadership;
    this.#leadership = undefined;
    if (options.notice) leadership?.lease.lose("the storage says that another scheduler may lead");
    this.#wake();
  }

  /** Stops or resumes the renewals of one scheduler, as if its process stood still. */
  freeze(id: string, frozen = true): void {
    if (frozen) this.#frozen.add(id);
    else this.#frozen.delete(id);
  }

  get away(): boolean {
    return this.#outage;
  }

  /** For elections: throws during an outage. */
  reach(): void {
    if (this.#outage) throw new StoreError("store_unavailable", "the shared memory is away");
  }

  /** For elections: takes the leadership when it is free. */
  take(address: SchedulerAddress): Leadership | undefined {
    const now = this.clock.monotonic();
    if (this.#leadership !== undefined && this.#leadership.expiresAt > now) return undefined;
    const lease = new TermLease(this.clock, now + this.ttlMs);
    const leadership = { address, lease, expiresAt: now + this.ttlMs };
    this.#leadership = leadership;
    this.#renewLater(leadership);
    return leadership;
  }

  /** For elections: gives the leadership up. */
  release(leadership: Leadership): void {
    leadership.lease.lose("this scheduler gave the leadership up");
    if (this.#leadership === leadership) this.#leadership = undefined;
    this.#wake();
  }

  /** For elections: resolves when another try may succeed. */
  async change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const expiry = (this.#leadership?.expiresAt ?? 0) - this.clock.monotonic();
      const cancel = this.clock.after(Math.max(1, this.#outage ? this.ttlMs / 10 : expiry), resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    signal.throwIfAborted();
  }

  /** For terms: commits if this leadership is the present one. */
  async commit(leadership: Leadership, operations: readonly StoreOperation[], guard?: CommitGuard) {
    this.reach();
    if (this.#leadership !== leadership) {
      leadership.lease.lose("another scheduler has taken the leadership over");
      leadership.lease.check();
    }
    const result = await this.store.commit(operations, guard);
    this.#commits += 1;
    return result;
  }

  #renewLater(leadership: Leadership): void {
    this.clock.after(
      this.ttlMs / 4,
      () => {
        if (this.#leadership !== leadership || leadership.lease.lost.aborted) return;
        if (!this.#outage && !this.#frozen.has(leadership.address.id)) {
          const now = this.clock.monotonic();
          leadership.lease.renew(now + this.ttlMs);
          leadership.expiresAt = now + this.ttlMs;
        }
        this.#renewLater(leadership);
      },
      { background: true },
    );
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

class SharedElection implements Election {
  readonly #memory: SharedMemory;
  readonly #closed = new AbortController();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  async campaign(self: SchedulerAddress, signal: AbortSignal): Promise<Term> {
    const either = AbortSignal.any([signal, this.#closed.signal]);
    for (;;) {
      either.throwIfAborted();
      const leadership = this.#memory.away ? undefined : this.#memory.take(self);
      if (leadership !== undefined) {
        return {
          store: new SharedStore(this.#memory, leadership),
          holds: () => leadership.lease.holds(),
          lost: leadership.lease.lost,
          confirm: async () => {
            if (this.#memory.away) throw new StoreError("store_unavailable", "the storage is away");
            leadership.lease.check();
          },
          resign: async () => this.#memory.release(leadership),
        };
      }
      await this.#memory.change(either);
    }
  }

  leader(): SchedulerAddress | undefined {
    return this.#memory.leader;
  }

  async close(): Promise<void> {
    this.#closed.abort(new StoreError("store_closed", "the storage is closed"));
  }
}

class SharedStore implements Store {
  readonly #memory: SharedMemory;
  readonly #leadership: Leadership;

  constructor(memory: SharedMemory, leadership: Leadership) {
    this.#memory = memory;
    this.#leadership = leadership;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    this.#memory.reach();
    return this.#memory.store.get(key);
  }

  async list(prefix: string): Promise<readonly StoreEntry[]> {
    this.#memory.reach();
    return this.#memory.store.list(prefix);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    this.#memory.reach();
    return this.#memory.store.keys(prefix);
  }

  async commit(operations: readonly StoreOperation[], guard?: CommitGuard): Promise<{ readonly revision: number }> {
    return this.#memory.commit(this.#leadership, operations, guard);
  }

  async healthy(): Promise<boolean> {
    return !this.#memory.away;
  }

  async close(): Promise<void> {}
}

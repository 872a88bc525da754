// What is kept of VMs that are gone: one value each under `overvms/`, for -vm_history and at most so many. It is written in the same commit
// that removes the VM.
import type { Clock } from "@cke/foundation";
import { z } from "zod";
import { commitInParts } from "../../store/commit-in-parts.ts";
import type { Store, StoreOperation } from "../../store/store.ts";

const overVm = z.object({
  name: z.string(),
  uuid: z.string(),
  id: z.string(),
  createdAtMs: z.number(),
  endedAtMs: z.number(),
  /** Host where it ran last; "" for one that never ran. */
  host: z.string(),
  cpus: z.number(),
  mem: z.number(),
  osInfo: z.string(),
  label: z.record(z.string(), z.string()),
  /** Why its last launch ended, in words. */
  lastFailure: z.string(),
});
export type OverVm = Readonly<z.infer<typeof overVm>>;

const prefix = "overvms/";
/** More are not kept, however young they are. */
export const mostOverVms = 1_000;
const sweepEveryMs = 60_000;

/** Sorted by time. */
const keyOf = ({ endedAtMs, uuid }: OverVm) => `${prefix}${String(endedAtMs).padStart(15, "0")}-${uuid}`;

export class OverVms {
  readonly #store: Store;
  readonly #clock: Pick<Clock, "now">;
  readonly #keepMs: number;
  /** Oldest first. */
  #known: readonly OverVm[] = [];
  #sweptAtMs = 0;

  constructor({
    store,
    clock,
    keepMs,
  }: { readonly store: Store; readonly clock: Pick<Clock, "now">; readonly keepMs: number }) {
    this.#store = store;
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  /** Reads what is stored. What cannot be read is of no use and is left to the next sweep. */
  async load(): Promise<void> {
    const entries = await this.#store.list(prefix);
    this.#known = entries.flatMap(({ value }) => overVm.safeParse(value).data ?? []);
    this.#sweptAtMs = 0;
  }

  /** Newest first. */
  list(): readonly OverVm[] {
    return this.#young().toReversed();
  }

  operations(over: OverVm): readonly StoreOperation[] {
    return [{ op: "put", key: keyOf(over), value: over }];
  }

  /** It is stored now. */
  keep(over: OverVm): void {
    this.#known = [...this.#known, over].slice(-mostOverVms);
  }

  /** Removes what is too old or too much, at most once a minute. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#sweptAtMs < sweepEveryMs) return;
    this.#sweptAtMs = now;
    const kept = new Set(this.#young().map(keyOf));
    const left = (await this.#store.keys(prefix)).filter((key) => !kept.has(key));
    if (left.length === 0) return;
    await commitInParts(
      this.#store,
      left.map((key) => ({ op: "delete", key })),
    );
    this.#known = this.#young();
  }

  #young(): readonly OverVm[] {
    const since = this.#clock.now() - this.#keepMs;
    return this.#known.filter(({ endedAtMs }) => endedAtMs >= since).slice(-mostOverVms);
  }
}

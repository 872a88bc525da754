// Reservations whose cluster is gone and whose agent did not offer them in time. They are remembered so that offers of
// those hosts stay wanted: an agent that returns offers them, and they are given back by their labels.
import type { Clock } from "@cke/foundation";
import { z } from "zod";
import type { ReservationOwner, ReservationRecord } from "../domain/reservation.ts";
import type { Store } from "../store/store.ts";

const prefix = "reservations/";
/** An agent that is away this long does not come back with what it had. */
export const tombstoneLifeMs = 14 * 86_400_000;

const tombstone = z.object({
  agentId: z.string(),
  hostname: z.string(),
  role: z.string(),
  cluster: z.string(),
  node: z.string(),
  instance: z.string(),
  sinceMs: z.number(),
});
export type Tombstone = Readonly<z.infer<typeof tombstone>>;

const keyOf = ({ agentId, cluster, node, instance }: Tombstone) => `${prefix}${agentId}/${cluster}/${node}/${instance}`;

export class ReservationTombstones {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #all = new Map<string, Tombstone>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What cannot be read is left alone: it is a hint only, and a newer version may have written it. */
  async load(): Promise<void> {
    this.#all.clear();
    for (const { key, value } of await this.#store.list(prefix)) {
      const parsed = tombstone.safeParse(value);
      if (parsed.success) this.#all.set(key, parsed.data);
    }
  }

  all(): readonly Tombstone[] {
    return [...this.#all.values()];
  }

  async add(owner: ReservationOwner, { agentId, hostname, role }: ReservationRecord): Promise<void> {
    const { cluster, node, instance } = owner;
    const value: Tombstone = { agentId, hostname, role, cluster, node, instance, sinceMs: this.#clock.now() };
    await this.#store.commit([{ op: "put", key: keyOf(value), value }]);
    this.#all.set(keyOf(value), value);
  }

  /** The agent offers to the role: what it no longer shows is gone. */
  async offered(
    agentId: string,
    role: string,
    isSeen: (owner: Omit<ReservationOwner, "framework">) => boolean,
  ): Promise<void> {
    await this.#remove((one) => one.agentId === agentId && one.role === role && !isSeen(one));
  }

  async expire(now: number): Promise<void> {
    await this.#remove(({ sinceMs }) => now - sinceMs > tombstoneLifeMs);
  }

  async #remove(isOver: (one: Tombstone) => boolean): Promise<void> {
    const keys = [...this.#all].filter(([, one]) => isOver(one)).map(([key]) => key);
    if (keys.length === 0) return;
    await this.#store.commit(keys.map((key) => ({ op: "delete", key })));
    for (const key of keys) this.#all.delete(key);
  }
}

// Reservations whose workload is removed and whose agent did not offer them in time. They are stored, so that offers of
// those hosts stay wanted: an agent that comes back offers them, and they are given back by their labels.
import type { Clock } from "@cke/foundation";
import { z } from "zod";
import { readableEntries } from "../../store/readable-entries.ts";
import type { Store, StoreOperation } from "../../store/store.ts";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";

const prefix = "reservations/";
/**
 * An agent that comes back may have tasks that use the reservation until they are killed. After this time its offers
 * show it.
 */
const tombstoneAbsentMs = 300_000;
/** An agent that is away this long comes back without its reservations. */
export const tombstoneKeptMs = 14 * 86_400_000;

const tombstone = z.object({
  agentId: z.string(),
  hostname: z.string(),
  role: z.string(),
  workload: z.string(),
  unit: z.string(),
  instance: z.string(),
  sinceMs: z.number(),
});
export type Tombstone = Readonly<z.infer<typeof tombstone>>;

const keyOf = ({ agentId, workload, unit, instance }: Tombstone) =>
  `${prefix}${agentId}/${workload}/${unit}/${instance}`;

export const tombstoneOf = (
  { workload, unit, instance }: Omit<ReservationOwner, "framework" | "kind">,
  { agentId, hostname, role }: ReservationRecord,
  sinceMs: number,
): Tombstone => ({ agentId, hostname, role, workload, unit, instance, sinceMs });

export function tombstoneOperations(list: readonly Tombstone[]): readonly StoreOperation[] {
  return list.map((one) => ({ op: "put", key: keyOf(one), value: one }));
}

export class ReservationTombstones {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #all = new Map<string, Tombstone>();
  /** Since when their agents offer without them, by key. */
  readonly #absentSince = new Map<string, number>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    this.#all.clear();
    for (const [name, one] of await readableEntries(this.#store, prefix, tombstone))
      this.#all.set(`${prefix}${name}`, one);
  }

  all(): readonly Tombstone[] {
    return [...this.#all.values()];
  }

  /** The tombstones to store together with the workload's end. Give them to `keep` afterwards. */
  of(owner: Omit<ReservationOwner, "framework" | "kind">, reservation: ReservationRecord): Tombstone {
    return tombstoneOf(owner, reservation, this.#clock.now());
  }

  /** These are stored now. */
  keep(list: readonly Tombstone[]): void {
    for (const one of list) this.#all.set(keyOf(one), one);
  }

  /** The agent offers to the role. A reservation that its offers have not shown for long does not exist any more. */
  async offered(
    agentId: string,
    role: string,
    isSeen: (owner: Omit<ReservationOwner, "framework" | "kind">) => boolean,
  ): Promise<void> {
    const now = this.#clock.now();
    await this.#remove((one) => {
      if (one.agentId !== agentId || one.role !== role) return false;
      if (isSeen({ workload: one.workload, unit: one.unit, instance: one.instance })) {
        this.#absentSince.delete(keyOf(one));
        return false;
      }
      const since = this.#absentSince.get(keyOf(one)) ?? now;
      this.#absentSince.set(keyOf(one), since);
      return now - since >= tombstoneAbsentMs;
    });
  }

  /** These agents will never come back. */
  async gone(agentIds: ReadonlySet<string>): Promise<void> {
    if (agentIds.size > 0) await this.#remove(({ agentId }) => agentIds.has(agentId));
  }

  async expire(now: number): Promise<void> {
    await this.#remove(({ sinceMs }) => now - sinceMs > tombstoneKeptMs);
  }

  async #remove(isOver: (one: Tombstone) => boolean): Promise<void> {
    const keys = [...this.#all].filter(([, one]) => isOver(one)).map(([key]) => key);
    if (keys.length === 0) return;
    await this.#store.commit(keys.map((key) => ({ op: "delete", key })));
    for (const key of keys) {
      this.#all.delete(key);
      this.#absentSince.delete(key);
    }
  }
}

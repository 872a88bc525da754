// How often the release of the same reservation is tried: at once the first time, then less and less often. A Mesos
// master whose ACLs forbid it does not answer an operation without an id, and offers the resources again within
// seconds, for ever.
import { backoffMs } from "../../workload/tasks/retry-policy.ts";

const pace = { baseMs: 1_000, maxMs: 300_000 };

interface Attempts {
  readonly place: string;
  readonly count: number;
  readonly nextMs: number;
}

/** What is given back, and where: an agent and a role. */
export interface ReleaseKey {
  readonly agentId: string;
  readonly role: string;
  readonly owner: string;
}

const placeOf = ({ agentId, role }: Pick<ReleaseKey, "agentId" | "role">) => `${agentId}\n${role}`;

export class ReleaseBackoff {
  readonly #attempts = new Map<string, Attempts>();

  /** Number of the attempt to make now, from 1; undefined when it is too early. */
  next(key: ReleaseKey, now: number): number | undefined {
    const place = placeOf(key);
    const id = `${place}\n${key.owner}`;
    const { count, nextMs } = this.#attempts.get(id) ?? { count: 0, nextMs: now };
    if (now < nextMs) return undefined;
    this.#attempts.set(id, { place, count: count + 1, nextMs: now + backoffMs(pace, count) });
    return count + 1;
  }

  /** The agent offers to the role. A reservation that is not in the offer was released, or is in use. */
  offered(agentId: string, role: string, isSeen: (owner: string) => boolean): void {
    const place = placeOf({ agentId, role });
    for (const [id, attempts] of this.#attempts)
      if (attempts.place === place && !isSeen(id.slice(place.length + 1))) this.#attempts.delete(id);
  }
}

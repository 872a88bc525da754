// The filters of one framework: resources that it declined, by agent and role, until when they are not offered again. There
// may be one for each agent, and every run of the allocator looks at all agents: looking one up must be cheap.
import { type Bag, containsBag, unallocated } from "../../resources/bag.ts";

interface Filter {
  readonly role: string;
  /** Without allocation. */
  readonly resources: Bag;
  /** Monotonic ms. */
  readonly expiresMs: number;
}

export class OfferFilters {
  readonly #byAgent = new Map<string, Filter[]>();

  add(agentId: string, filter: Filter): void {
    const list = this.#byAgent.get(agentId) ?? [];
    list.push({ ...filter, resources: unallocated(filter.resources) });
    this.#byAgent.set(agentId, list);
  }

  /** True when a filter keeps these resources away: only an offer with more passes. */
  refuses(agentId: string, role: string, resources: Bag, now: number): boolean {
    const list = this.#byAgent.get(agentId);
    if (list === undefined) return false;
    const live = list.filter(({ expiresMs }) => expiresMs > now);
    if (live.length === 0) this.#byAgent.delete(agentId);
    else if (live.length < list.length) this.#byAgent.set(agentId, live);
    if (live.length === 0) return false;
    const bare = unallocated(resources);
    return live.some((filter) => filter.role === role && containsBag(filter.resources, bare));
  }

  forgetAgent(agentId: string): void {
    this.#byAgent.delete(agentId);
  }

  forgetRoles(roles: ReadonlySet<string>): void {
    for (const [agentId, list] of this.#byAgent) {
      const left = list.filter(({ role }) => !roles.has(role));
      if (left.length === 0) this.#byAgent.delete(agentId);
      else this.#byAgent.set(agentId, left);
    }
  }

  clear(): void {
    this.#byAgent.clear();
  }
}

// Who is offered what: a pure decision over a view of the cluster. Roles and the frameworks inside a role are served in
// the order of their dominant share (DRF, all weights 1); an agent's free resources go to the first that may have them.
import { addBags, allocateTo, type Bag, containsBag, scalarOf, subtractBags, unallocated } from "../resources/bag.ts";
import { reservedRole } from "../resources/format.ts";

export interface AgentView {
  readonly id: string;
  /** Free resources, without allocation. */
  readonly available: Bag;
}

export interface Candidate {
  readonly frameworkId: string;
  readonly role: string;
  /** Held and offered now, over all agents. */
  readonly allocated: Bag;
  readonly refinesReservations: boolean;
  /** False when filters, constraints or a missing capability keep these resources of this agent from the framework. */
  readonly wants: (agentId: string, resources: Bag) => boolean;
}

export interface AllocationView {
  readonly total: Bag;
  readonly agents: readonly AgentView[];
  /** One per framework and role that is not suppressed. */
  readonly candidates: readonly Candidate[];
}

export interface Allocation {
  readonly frameworkId: string;
  readonly role: string;
  readonly agentId: string;
  /** Allocated to the role. */
  readonly resources: Bag;
}

/** Smallest offers: Mesos' --min_allocatable_resources=cpus:0.01|mem:32. */
export const isAllocatable = (bag: Bag) => scalarOf(bag, "cpus") >= 0.01 || scalarOf(bag, "mem") >= 32;

/** The allocations of one run, in the order of the agents. */
export function allocate(view: AllocationView): readonly Allocation[] {
  const shares = new Shares(view);
  const allocations: Allocation[] = [];
  for (const agent of view.agents) {
    let left = agent.available;
    for (const candidate of shares.order()) {
      const resources = offerable(left, candidate);
      if (!isAllocatable(resources) || !candidate.wants(agent.id, resources)) continue;
      left = subtractBags(left, resources);
      const { frameworkId, role } = candidate;
      allocations.push({ frameworkId, role, agentId: agent.id, resources: allocateTo(resources, role) });
      shares.add(candidate, resources);
    }
  }
  return allocations;
}

/** What a role may get: everything unreserved and what is reserved for it or a parent role. Ports and sets come first. */
function offerable(available: Bag, { role, refinesReservations }: Candidate): Bag {
  const mine = available.filter((resource) => {
    const reserved = reservedRole(resource);
    if (reserved === undefined) return true;
    if ((resource.reservations?.length ?? 0) > 1 && !refinesReservations) return false;
    return role === reserved || role.startsWith(`${reserved}/`);
  });
  const rank = (resource: Bag[number]) =>
    reservedRole(resource) !== undefined ? 1 : resource.type === "SCALAR" ? 2 : 0;
  return [...mine].sort((a, b) => rank(a) - rank(b));
}

class Shares {
  readonly #total: Bag;
  readonly #byRole = new Map<string, Bag>();
  readonly #byCandidate = new Map<Candidate, Bag>();

  constructor(view: AllocationView) {
    this.#total = view.total;
    for (const candidate of view.candidates) this.add(candidate, candidate.allocated);
  }

  add(candidate: Candidate, resources: Bag): void {
    const bag = unallocated(resources);
    this.#byRole.set(candidate.role, addBags(this.#byRole.get(candidate.role) ?? [], bag));
    this.#byCandidate.set(candidate, addBags(this.#byCandidate.get(candidate) ?? [], bag));
  }

  /** Candidates, poorest role first and in it poorest framework first; ties in the order of names and of arrival. */
  order(): readonly Candidate[] {
    const key = (candidate: Candidate) => ({
      candidate,
      roleShare: this.#share(this.#byRole.get(candidate.role) ?? []),
      share: this.#share(this.#byCandidate.get(candidate) ?? []),
    });
    return [...this.#byCandidate.keys()]
      .map(key)
      .sort((a, b) => a.roleShare - b.roleShare || compare(a.candidate.role, b.candidate.role) || a.share - b.share)
      .map(({ candidate }) => candidate);
  }

  #share(bag: Bag): number {
    return Math.max(
      ...["cpus", "mem", "disk", "gpus"].map((name) => scalarOf(bag, name) / (scalarOf(this.#total, name) || Infinity)),
    );
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** True when a filter on `refused` keeps `resources` away: only an offer with more passes. */
export const isRefused = (refused: Bag, resources: Bag) => containsBag(unallocated(refused), unallocated(resources));

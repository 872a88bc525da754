// Decides which framework is offered which resources. Pure: it sees a view of the cluster and changes nothing. Roles and the frameworks inside a role are served in
// the order of their dominant share (DRF, all weights 1); an agent's free resources go to the first that may have them.
import { allocateTo, type Bag, scalarOf, subtractBags } from "../../resources/bag.ts";
import { reservedRole } from "../../resources/format.ts";

interface AgentView {
  readonly id: string;
  /** Free resources, without allocation. */
  readonly available: Bag;
}

export interface Candidate {
  readonly frameworkId: string;
  readonly role: string;
  /** Held and offered now, over all agents; asked for only when there are several candidates. */
  readonly allocated: () => Quantities;
  readonly refinesReservations: boolean;
  /** Amounts any one of which is enough for an offer; absent: the master's own bound. */
  readonly smallest?: readonly Readonly<Record<string, number>>[];
  /** False when filters, constraints or a missing capability keep these resources of this agent from the framework. */
  readonly wants: (agentId: string, resources: Bag) => boolean;
}

/** Amounts of cpus, mem, disk and gpus, in this order. */
export type Quantities = readonly number[];

const shared = ["cpus", "mem", "disk", "gpus"];

export const quantitiesOf = (bag: Bag): Quantities => shared.map((name) => scalarOf(bag, name));

export const sumQuantities = (list: Iterable<Quantities>): Quantities => {
  const sum = shared.map(() => 0);
  for (const quantities of list)
    for (const [index, amount] of quantities.entries()) sum[index] = (sum[index] ?? 0) + amount;
  return sum;
};

export interface AllocationView {
  readonly total: Quantities;
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
const isAllocatable = (bag: Bag) => scalarOf(bag, "cpus") >= 0.01 || scalarOf(bag, "mem") >= 32;

/** True when this is enough for an offer: by the framework's own bound (FrameworkInfo.offer_filters), else by the master's. */
function isEnough(bag: Bag, { smallest }: Candidate): boolean {
  if (smallest === undefined) return isAllocatable(bag);
  if (smallest.length === 0) return bag.length > 0;
  return smallest.some((amounts) => Object.entries(amounts).every(([name, amount]) => scalarOf(bag, name) >= amount));
}

/** The allocations of one run, in the order of the agents. */
export function allocate(view: AllocationView): readonly Allocation[] {
  const shares = new Shares(view);
  const allocations: Allocation[] = [];
  for (const agent of view.agents) {
    let left = agent.available;
    if (left.length === 0) continue;
    for (const candidate of shares.order()) {
      const resources = offerable(left, candidate);
      if (!isEnough(resources, candidate) || !candidate.wants(agent.id, resources)) continue;
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
  readonly #total: Quantities;
  readonly #byRole = new Map<string, Quantities>();
  readonly #byCandidate = new Map<Candidate, Quantities>();
  #order: readonly Candidate[] | undefined;

  constructor({ total, candidates }: AllocationView) {
    this.#total = total;
    if (candidates.length < 2) this.#order = candidates;
    else for (const candidate of candidates) this.#add(candidate, candidate.allocated());
  }

  add(candidate: Candidate, resources: Bag): void {
    if (this.#byCandidate.size === 0) return;
    this.#add(candidate, quantitiesOf(resources));
    this.#order = undefined;
  }

  #add(candidate: Candidate, quantities: Quantities): void {
    this.#byRole.set(candidate.role, sumQuantities([this.#byRole.get(candidate.role) ?? [], quantities]));
    this.#byCandidate.set(candidate, sumQuantities([this.#byCandidate.get(candidate) ?? [], quantities]));
  }

  /** Candidates, poorest role first and in it poorest framework first; ties in the order of names and of arrival. */
  order(): readonly Candidate[] {
    const key = (candidate: Candidate) => ({
      candidate,
      roleShare: this.#share(this.#byRole.get(candidate.role) ?? []),
      share: this.#share(this.#byCandidate.get(candidate) ?? []),
    });
    this.#order ??= [...this.#byCandidate.keys()]
      .map(key)
      .sort((a, b) => a.roleShare - b.roleShare || compare(a.candidate.role, b.candidate.role) || a.share - b.share)
      .map(({ candidate }) => candidate);
    return this.#order;
  }

  /** The dominant share: the largest fraction of any resource. */
  #share(quantities: Quantities): number {
    return Math.max(0, ...quantities.map((amount, index) => amount / (this.#total[index] || Infinity)));
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

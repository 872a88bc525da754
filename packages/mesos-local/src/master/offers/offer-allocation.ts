// From a run of the allocator to OFFERS events: what the allocator is told of agents and frameworks, and what becomes of its
// decisions. Whatever is offered is taken from the agent's ledger first, so that nothing is offered twice.
import type { MasterState } from "../state/master-state.ts";
import { type FrameworkRecord, holderOf, type OfferRecord } from "../state/records.ts";
import {
  type Allocation,
  allocate,
  type Candidate,
  type Quantities,
  quantitiesOf,
  sumQuantities,
} from "./allocator.ts";
import { agentFits } from "./offer-constraints.ts";
import { offerMessage } from "./offers.ts";

/** Offers what is free to the frameworks that may have it. */
export function allocateOffers(state: MasterState): void {
  const now = state.services.clock.monotonic();
  const agents = [...state.agents.values()].filter(
    ({ id, stream }) => stream !== undefined && !state.deactivated.has(id),
  );
  const candidates = [...state.frameworks.values()].flatMap((framework) => candidatesOf(state, framework, now));
  if (candidates.length === 0) return;
  const allocations = allocate({
    total: sumQuantities([...state.agents.values()].map(({ ledger }) => quantitiesOf(ledger.total))),
    agents: agents.map(({ id, ledger }) => ({ id, available: ledger.available })),
    candidates,
  });
  const byFramework = Map.groupBy(allocations, ({ frameworkId }) => frameworkId);
  for (const [frameworkId, list] of byFramework) {
    const framework = state.frameworks.get(frameworkId);
    if (framework !== undefined) sendOffers(state, framework, list);
  }
}

function candidatesOf(state: MasterState, framework: FrameworkRecord, now: number): Candidate[] {
  if (framework.stream === undefined) return [];
  return framework.roles
    .filter((role) => !framework.suppressed.has(role))
    .map((role) => ({
      frameworkId: framework.id,
      role,
      allocated: () => allocatedTo(state, framework.id, role),
      refinesReservations: framework.capabilities.has("RESERVATION_REFINEMENT"),
      ...smallestOf(framework, role),
      wants: (agentId, resources) => {
        const agent = state.agents.get(agentId);
        if (agent === undefined || !agentFits(agent, framework.constraints, role)) return false;
        if (resources.some(({ name }) => name === "gpus") && !framework.capabilities.has("GPU_RESOURCES")) return false;
        return !framework.filters.refuses(agentId, role, resources, now);
      },
    }));
}

function smallestOf({ info }: FrameworkRecord, role: string): Pick<Candidate, "smallest"> {
  const bound = info.offer_filters?.[role]?.min_allocatable_resources;
  if (bound === undefined) return {};
  const amounts = (bound.quantities ?? []).map(({ quantities = {} }) =>
    Object.fromEntries(Object.entries(quantities).map(([name, { value }]) => [name, value])),
  );
  return { smallest: amounts };
}

function allocatedTo(state: MasterState, frameworkId: string, role: string): Quantities {
  const mine = (holder: string) => holder.startsWith(`${frameworkId}/`, holder.indexOf(":") + 1);
  const allocated: Quantities[] = [];
  for (const { ledger } of state.agents.values()) {
    for (const [holder, bag] of ledger.holders()) {
      if (!mine(holder)) continue;
      allocated.push(quantitiesOf(bag.filter((resource) => resource.allocation_info?.role === role)));
    }
  }
  return sumQuantities(allocated);
}

function sendOffers(state: MasterState, framework: FrameworkRecord, allocations: readonly Allocation[]): void {
  const offers = allocations.flatMap(({ agentId, role, resources }) => {
    const agent = state.agents.get(agentId);
    if (agent === undefined) return [];
    const record: OfferRecord = {
      id: `${state.masterId}-O${state.nextOffer++}`,
      frameworkId: framework.id,
      agentId,
      role,
      resources,
    };
    agent.ledger.take(holderOf.offer(framework.id, record.id), resources);
    framework.offers.set(record.id, record);
    return [offerMessage(state, framework, agent, record)];
  });
  if (offers.length > 0) state.send(framework, { type: "OFFERS", offers: { offers } });
}

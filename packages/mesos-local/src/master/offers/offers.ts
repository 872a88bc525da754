// Offers: from an allocator run to OFFERS events, and back (declined, used, rescinded). Shapes: every recording.
import type { Offer, Resource } from "@cke/mesos";
import { addBags, type Bag } from "../../resources/bag.ts";
import { refined, unrefined } from "../../resources/format.ts";
import { settleDrains } from "../agents/draining.ts";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type FrameworkRecord, holderOf, type OfferRecord } from "../state/records.ts";
import {
  type Allocation,
  allocate,
  type Candidate,
  type Quantities,
  quantitiesOf,
  sumQuantities,
} from "./allocator.ts";
import { sendInverseOffers } from "./inverse-offers.ts";
import { agentFits } from "./offer-constraints.ts";

/** Runs the allocator and sends what it decided. */
export function runAllocator(state: MasterState): void {
  state.allocationStarted();
  settleDrains(state);
  allocateOffers(state);
  sendInverseOffers(state);
}

function allocateOffers(state: MasterState): void {
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

/** The offer as this framework's capabilities want it. */
export function offerMessage(
  state: MasterState,
  framework: FrameworkRecord,
  agent: AgentRecord,
  offer: OfferRecord,
): Offer {
  const executors = [...(agent.executors.get(framework.id)?.keys() ?? [])];
  const multiRole = framework.capabilities.has("MULTI_ROLE");
  const unavailability = state.maintenance.windowOf(agent);
  return {
    id: { value: offer.id },
    framework_id: { value: framework.id },
    agent_id: { value: agent.id },
    hostname: agent.hostname,
    url: {
      scheme: "http",
      address: { hostname: agent.hostname, ip: agent.ip, port: agent.port },
      path: "/slave(1)",
    },
    resources: outgoing(framework, offer.resources),
    attributes: agent.attributes,
    executor_ids: executors.map((value) => ({ value })),
    ...(unavailability === undefined ? {} : { unavailability }),
    ...(multiRole ? { allocation_info: { role: offer.role } } : {}),
  };
}

/** Resources in the format of the framework. */
export function outgoing(framework: FrameworkRecord, bag: Bag): readonly Resource[] {
  const formatted = framework.capabilities.has("RESERVATION_REFINEMENT") ? bag : bag.map(unrefined);
  if (framework.capabilities.has("MULTI_ROLE")) return formatted;
  return formatted.map(({ allocation_info: _, ...resource }) => resource);
}

/** Resources as a framework sent them, in the inner format; those without allocation are allocated to `role`. */
export function incoming(resources: readonly Resource[] | undefined, role: string): Bag {
  return addBags(
    (resources ?? []).map((resource) => ({
      ...refined(resource),
      allocation_info:
        resource.allocation_info?.role === undefined ? { role } : { role: resource.allocation_info.role },
    })),
    [],
  );
}

/** Takes an offer back; its resources are free again. Filters and events are the caller's business. */
export function removeOffer(state: MasterState, framework: FrameworkRecord, offer: OfferRecord): void {
  framework.offers.delete(offer.id);
  state.agents.get(offer.agentId)?.ledger.release(holderOf.offer(framework.id, offer.id));
}

/** Takes an offer back and tells the framework. */
export function rescindOffer(state: MasterState, framework: FrameworkRecord, offer: OfferRecord): void {
  removeOffer(state, framework, offer);
  state.send(framework, { type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
}

/** How long a filter lasts: 5 s where nothing or less than nothing is said, a year at most. */
export const filterSeconds = (asked: number | undefined) =>
  asked === undefined || asked < 0 ? 5 : Math.min(asked, 365 * 86_400);

/** Keeps declined resources from the framework: 5 s by default, at least one allocator interval, 0 means not at all. */
export function addFilter(
  state: MasterState,
  framework: FrameworkRecord,
  offer: OfferRecord,
  resources: Bag,
  refuseSeconds: number | undefined,
): void {
  const seconds = filterSeconds(refuseSeconds);
  if (seconds === 0 || resources.length === 0) return;
  const ms = Math.max(seconds * 1000, state.services.timings.allocationIntervalMs);
  framework.filters.add(offer.agentId, {
    role: offer.role,
    resources,
    expiresMs: state.services.clock.monotonic() + ms,
  });
}

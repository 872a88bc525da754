// Offers as messages, and their way back: used, declined or rescinded. Shapes: every recording.
import type { Offer, Resource } from "@cke/mesos";
import { addBags, type Bag } from "../../resources/bag.ts";
import { refined, unrefined } from "../../resources/format.ts";
import type { MasterState } from "../state/master-state.ts";
import { type AgentRecord, type FrameworkRecord, holderOf, type OfferRecord } from "../state/records.ts";

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

/** Takes an offer back, so that its resources are free again. Sets no filter and sends no event. */
export function removeOffer(state: MasterState, framework: FrameworkRecord, offer: OfferRecord): void {
  framework.offers.delete(offer.id);
  state.agents.get(offer.agentId)?.ledger.release(holderOf.offer(framework.id, offer.id));
}

/** Takes an offer back and tells the framework. */
export function rescindOffer(state: MasterState, framework: FrameworkRecord, offer: OfferRecord): void {
  removeOffer(state, framework, offer);
  state.send(framework, { type: "RESCIND", rescind: { offer_id: { value: offer.id } } });
}

/** How long a filter lasts: 5 s where no time or a negative one is given, a year at most. */
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

/** Takes all offers of an agent back and tells their frameworks. */
export function rescindOffersOf(state: MasterState, agent: AgentRecord): void {
  for (const framework of state.frameworks.values()) {
    for (const offer of [...framework.offers.values()]) {
      if (offer.agentId === agent.id) rescindOffer(state, framework, offer);
    }
  }
}

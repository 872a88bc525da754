// Inverse offers: a framework that holds or is offered something on a machine with a maintenance window is asked for it
// back, and asked again when its answer's filter has passed.
// Facts: recording operations (RESCIND, OFFERS, INVERSE_OFFERS in this order, asked again after the answer's filter).
import type { InverseOffer, SchedulerCallOf } from "@cke/mesos";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, FrameworkRecord } from "../state/records.ts";
import { filterSeconds } from "./offers.ts";

const holdsSomething = (framework: FrameworkRecord, agent: AgentRecord) => {
  for (const [holder, bag] of agent.ledger.holders()) {
    if (bag.length > 0 && holder.startsWith(`${framework.id}/`, holder.indexOf(":") + 1)) return true;
  }
  return false;
};

/** Sends an inverse offer to each framework that holds or is offered something of a scheduled machine; one at a time. */
export function sendInverseOffers(state: MasterState): void {
  if (state.maintenance.machines().length === 0) return;
  const now = state.services.clock.monotonic();
  for (const framework of state.frameworks.values()) {
    if (framework.stream === undefined) continue;
    const inverse = [...state.agents.values()].flatMap((agent): InverseOffer[] => {
      const unavailability = state.maintenance.windowOf(agent);
      if (unavailability === undefined || agent.stream === undefined) return [];
      if ([...framework.inverseOffers.values()].includes(agent.id)) return [];
      if ((framework.inverseFilters.get(agent.id) ?? 0) > now || !holdsSomething(framework, agent)) return [];
      const id = `${state.masterId}-O${state.nextOffer++}`;
      framework.inverseOffers.set(id, agent.id);
      const { hostname, ip, port } = agent;
      return [
        {
          id: { value: id },
          url: { scheme: "http", address: { hostname, ip, port }, path: "/slave(1)" },
          framework_id: { value: framework.id },
          agent_id: { value: agent.id },
          unavailability,
        },
      ];
    });
    if (inverse.length > 0)
      state.send(framework, { type: "INVERSE_OFFERS", inverse_offers: { inverse_offers: inverse } });
  }
}

/** ACCEPT_INVERSE_OFFERS and DECLINE_INVERSE_OFFERS: the answer is kept for operators, and the framework is not asked again for a while (5 s). */
export function answerInverseOffers(
  state: MasterState,
  framework: FrameworkRecord,
  status: "ACCEPT" | "DECLINE",
  call:
    | SchedulerCallOf<"ACCEPT_INVERSE_OFFERS">["accept_inverse_offers"]
    | SchedulerCallOf<"DECLINE_INVERSE_OFFERS">["decline_inverse_offers"],
): void {
  const seconds = filterSeconds(call.filters?.refuse_seconds);
  for (const { value } of call.inverse_offer_ids ?? []) {
    const agentId = framework.inverseOffers.get(value);
    const agent = agentId === undefined ? undefined : state.agents.get(agentId);
    framework.inverseOffers.delete(value);
    if (agent === undefined) continue;
    state.maintenance.answer(agent, framework.id, { status, nanoseconds: state.nanoseconds() });
    const ms = Math.max(seconds * 1000, state.services.timings.allocationIntervalMs);
    framework.inverseFilters.set(agent.id, state.services.clock.monotonic() + ms);
  }
}

/** Takes back the inverse offers of agents for which `of` is true. */
export function rescindInverseOffers(state: MasterState, of: (agentId: string) => boolean): void {
  for (const framework of state.frameworks.values()) {
    for (const [id, agentId] of [...framework.inverseOffers]) {
      if (!of(agentId)) continue;
      framework.inverseOffers.delete(id);
      state.send(framework, {
        type: "RESCIND_INVERSE_OFFER",
        rescind_inverse_offer: { inverse_offer_id: { value: id } },
      });
    }
  }
}

/** Forgets all inverse offers of a framework: its next subscription gets new ones. */
export function forgetInverseOffers(framework: FrameworkRecord): void {
  framework.inverseOffers.clear();
  framework.inverseFilters.clear();
}
